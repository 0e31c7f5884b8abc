import { css, html, nothing, type PropertyValues } from 'lit'
import { formatBytes } from '../format/bytes.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { panelStyles } from './run-page-styles.js'

const imageTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
}
/** Larger texts are for an editor. */
export const mostPreviewBytes = 2_000_000

/** The content of one file: a picture, or text; anything else can be downloaded. */
export class NbFilePreview extends NbElement {
  static override properties = { path: { type: String }, bytes: { attribute: false } }
  static override styles = [
    ...panelStyles,
    css`
      .name {
        font-weight: 600;
      }
    `,
  ]
  declare path: string
  declare bytes: Uint8Array | null
  #address: string | null = null
  constructor() {
    super()
    this.path = ''
    this.bytes = null
  }
  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    if (changed.has('bytes') || changed.has('path')) this.#prepare()
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#forget()
  }
  #prepare(): void {
    this.#forget()
    const type = imageTypes[this.path.split('.').at(-1)?.toLowerCase() ?? '']
    if (type === undefined || this.bytes === null) return
    this.#address = URL.createObjectURL(new Blob([new Uint8Array(this.bytes)], { type }))
  }
  #forget(): void {
    if (this.#address !== null) URL.revokeObjectURL(this.#address)
    this.#address = null
  }
  override render() {
    const { bytes, path, t, host } = this
    if (bytes === null) return html`<p class="muted" role="status">${t.loading}</p>`
    const name = path.split('/').at(-1) ?? path
    return html`<div class="bar">
        <span class="name mono">${name}</span> <span class="muted">${formatBytes(bytes.length)}</span>
        <button class="end" @click=${() => void host?.saveFile(name, bytes)}>
          ${icons.download} ${t.action.download}
        </button>
      </div>
      ${this.#content(bytes)}`
  }
  #content(bytes: Uint8Array) {
    if (this.#address !== null) return html`<img src=${this.#address} alt=${this.path} />`
    if (bytes.length > mostPreviewBytes) return html`<p class="muted">${this.t.files.tooLargeToShow}</p>`
    const text = new TextDecoder().decode(bytes)
    return text.includes('\u0000') ? nothing : html`<pre class="text" tabindex="0">${text}</pre>`
  }
}

/** Register the element. */
export const defineFilePreview = (): void => defineElement('nb-file-preview', NbFilePreview)

declare global {
  interface HTMLElementTagNameMap {
    'nb-file-preview': NbFilePreview
  }
}
