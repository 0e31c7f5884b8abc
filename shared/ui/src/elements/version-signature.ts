import { css, html, nothing } from 'lit'
import type { ModelField, ModelManifest } from '@novabrain/contracts'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { modelStyles } from './model-styles.js'
import { prose } from './prose.js'

/** More columns than this are folded away at first. */
const mostRows = 30

/** What goes into a model and what comes out, as its own file says. */
export class NbVersionSignature extends NbElement {
  static override properties = { manifest: { attribute: false }, whole: { state: true } }
  static override styles = [
    ...modelStyles,
    css`
      h3 {
        padding-bottom: 2px;
        color: var(--nb-fg-muted);
        font-size: 1em;
        font-weight: 500;
      }
      .flavors {
        margin-top: 10px;
      }
      td:first-child {
        min-width: 9ch;
        overflow-wrap: break-word;
      }
      td:last-child {
        text-align: end;
        white-space: nowrap;
      }
    `,
  ]
  declare manifest: ModelManifest | null
  declare private whole: boolean
  constructor() {
    super()
    this.manifest = null
    this.whole = false
  }

  override render() {
    const { manifest } = this
    const { version: t } = this.t
    if (manifest === null) return nothing
    if (manifest.state !== 'read') return html`<p class="muted">${t[manifest.state]}</p>`
    const { signature } = manifest
    return html`${
      signature === null
        ? html`<p class="muted">${prose(t.noSignature)}</p>`
        : html`<div class="columns">
            ${this.#part(t.inputs, signature.inputs)} ${this.#part(t.outputs, signature.outputs)}
            ${this.#part(t.params, signature.params)}
          </div>`
    }
    ${this.#flavors(manifest)}`
  }
  #flavors({ flavors, mlflowVersion }: Extract<ModelManifest, { state: 'read' }>) {
    const { version: t } = this.t
    const list = flavors.map(({ name, version }) => (version === null ? name : `${name} ${version}`)).join(' · ')
    return html`<p class="flavors muted">
      ${fill(t.flavors, { list })}
      ${mlflowVersion === null ? nothing : html` · ${fill(t.savedWith, { version: mlflowVersion })}`}
    </p>`
  }
  #part(name: string, fields: readonly ModelField[]) {
    if (fields.length === 0) return nothing
    const shown = this.whole ? fields : fields.slice(0, mostRows)
    const { action } = this.t
    return html`<div>
      <h3>${name} <span class="number">${fields.length}</span></h3>
      <table aria-label=${name}>
        <tbody>
          ${shown.map((field) => this.#row(field))}
        </tbody>
      </table>
      ${
        fields.length > shown.length
          ? html`<button class="link" @click=${() => (this.whole = true)}>
              ${fill(action.showAll, { n: fields.length })}
            </button>`
          : nothing
      }
    </div>`
  }
  #row({ name, type, required, defaultValue }: ModelField) {
    const { version: t } = this.t
    const rest = defaultValue === null ? (required ? '' : t.optional) : fill(t.defaultIs, { value: defaultValue })
    return html`<tr>
      <td>${name ?? html`<span class="muted">${t.unnamed}</span>`}</td>
      <td class="mono">${type}</td>
      <td class="muted">${rest}</td>
    </tr>`
  }
}

/** Register the element. */
export const defineVersionSignature = (): void => defineElement('nb-version-signature', NbVersionSignature)

declare global {
  interface HTMLElementTagNameMap {
    'nb-version-signature': NbVersionSignature
  }
}
