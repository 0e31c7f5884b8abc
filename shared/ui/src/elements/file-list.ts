import { css, html, nothing } from 'lit'
import type { ExcludeReason, IncludeReason } from '@novabrain/contracts'
import type { DraftFile } from '@novabrain/contracts'
import { formatBytes } from '../format/bytes.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { baseStyles } from './styles.js'

/** More rows than this are not drawn: nobody reads a list of ten thousand files in a card. */
const mostRows = 300

/**
 * Files that go along and files that stay behind, each with its size and the reason. With `selectable` each has a box;
 * `nb-toggle` tells a change, the list itself changes when its owner says so.
 */
export class NbFileList extends NbElement {
  static override properties = {
    included: { attribute: false },
    excluded: { attribute: false },
    leaveOut: { attribute: false },
    takeAlong: { attribute: false },
    selectable: { type: Boolean },
    openable: { type: Boolean },
  }
  static override styles = [
    baseStyles,
    css`
      h3 {
        padding: 6px 0 2px;
        color: var(--nb-fg-muted);
        font-size: 0.92em;
        font-weight: 600;
      }
      ul {
        list-style: none;
      }
      li,
      label {
        display: grid;
        grid-template-columns: auto minmax(0, 2fr) minmax(13ch, 1fr) 8ch;
        align-items: center;
        gap: 8px;
        min-height: 24px;
      }
      li > label {
        grid-column: 1 / -1;
      }
      .plain {
        grid-template-columns: minmax(0, 2fr) minmax(13ch, 1fr) 9ch;
      }
      .reason {
        font-size: 0.92em;
      }
      .size {
        text-align: end;
      }
    `,
  ]
  declare included: readonly DraftFile<IncludeReason>[]
  declare excluded: readonly DraftFile<ExcludeReason>[]
  /** Included files whose box is empty, and excluded ones whose box is ticked. */
  declare leaveOut: readonly string[]
  declare takeAlong: readonly string[]
  declare selectable: boolean
  /** Names of included files are buttons that send `nb-toggle` with `included: true`; for viewing a file. */
  declare openable: boolean

  constructor() {
    super()
    this.included = []
    this.excluded = []
    this.leaveOut = []
    this.takeAlong = []
    this.selectable = false
    this.openable = false
  }

  override render() {
    const { files, include, exclude } = this.t
    const stay = this.excluded.length === 0 ? nothing : html`<h3>${files.excluded}</h3>`
    return html`
      ${this.excluded.length === 0 ? nothing : html`<h3>${files.included}</h3>`}
      ${this.#rows(
        this.included,
        (file) => include[file.reason],
        (path) => !this.leaveOut.includes(path),
        this.openable,
      )}
      ${stay}
      ${this.#rows(
        this.excluded,
        (file) => exclude[file.reason],
        (path) => this.takeAlong.includes(path),
      )}
    `
  }

  #rows<R>(
    files: readonly DraftFile<R>[],
    reason: (file: DraftFile<R>) => string,
    ticked: (path: string) => boolean,
    openable = false,
  ) {
    const more = files.length - mostRows
    return html`<ul>
      ${files.slice(0, mostRows).map((file) => this.#row(file, reason(file), ticked(file.path), openable))}
      ${more > 0 ? html`<li class="muted">+ ${more}</li>` : nothing}
    </ul>`
  }
  #row(file: { path: string; sizeBytes: number }, reason: string, ticked: boolean, openable: boolean) {
    const cells = html`
      ${this.#name(file.path, openable)}
      <span class="reason muted">${reason}</span>
      <span class="size number muted">${formatBytes(file.sizeBytes)}</span>
    `
    if (!this.selectable) return html`<li class="plain">${cells}</li>`
    const toggle = (event: Event) =>
      emit(this, 'nb-toggle', { path: file.path, included: (event.currentTarget as HTMLInputElement).checked })
    return html`<li>
      <label><input type="checkbox" .checked=${ticked} @change=${toggle} />${cells}</label>
    </li>`
  }
  #name(path: string, openable: boolean) {
    if (!openable) return html`<span class="ellipsis mono" title=${path}>${path}</span>`
    const open = () => emit(this, 'nb-toggle', { path, included: true })
    return html`<span class="ellipsis"><button class="link mono" title=${path} @click=${open}>${path}</button></span>`
  }
}

/** Register the element. */
export const defineFileList = (): void => defineElement('nb-file-list', NbFileList)

declare global {
  interface HTMLElementTagNameMap {
    'nb-file-list': NbFileList
  }
}
