import { css, html } from 'lit'
import type { EnvironmentDiff } from '@novabrain/contracts'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { baseStyles, tableStyles } from './styles.js'

/** What differs between two environments, package by package. */
export class NbEnvironmentDiff extends NbElement {
  static override properties = { diff: { attribute: false } }
  static override styles = [
    baseStyles,
    tableStyles,
    css`
      .added {
        color: var(--nb-ok);
      }
      .removed {
        color: var(--nb-bad);
      }
      .changed {
        color: var(--nb-warn);
      }
      .none {
        padding: 12px 8px;
      }
    `,
  ]
  declare diff: EnvironmentDiff | null
  constructor() {
    super()
    this.diff = null
  }
  override render() {
    const t = this.t.diff
    const rows = this.#rows()
    if (rows.length === 0) return html`<p class="none muted">${t.same}</p>`
    return html`<table aria-label=${t.label}>
      <thead>
        <tr>
          <th scope="col">${t.package}</th>
          <th scope="col"><span class="hidden-text">${t.label}</span></th>
          <th scope="col">${t.from}</th>
          <th scope="col">${t.to}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, kind, from, to }) =>
            html`<tr>
              <td class="mono">${name}</td>
              <td class=${kind}>${t[kind]}</td>
              <td class="mono">${from}</td>
              <td class="mono">${to}</td>
            </tr>`,
        )}
      </tbody>
    </table>`
  }
  #rows() {
    const { added = [], removed = [], changed = [] } = this.diff ?? {}
    return [
      ...changed.map(({ name, from, to }) => ({ name, kind: 'changed' as const, from, to })),
      ...added.map(({ name, version }) => ({ name, kind: 'added' as const, from: '', to: version })),
      ...removed.map(({ name, version }) => ({ name, kind: 'removed' as const, from: version, to: '' })),
    ]
  }
}

/** Register the element. */
export const defineEnvironmentDiff = (): void => defineElement('nb-environment-diff', NbEnvironmentDiff)

declare global {
  interface HTMLElementTagNameMap {
    'nb-environment-diff': NbEnvironmentDiff
  }
}
