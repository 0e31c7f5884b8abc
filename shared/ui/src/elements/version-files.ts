import { css, html, nothing } from 'lit'
import type { ModelFiles, ModelVersion } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatBytes } from '../format/bytes.js'
import { cardErrorOf } from '../format/error.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { modelStyles } from './model-styles.js'
import { Remote } from './remote.js'

/** The files of a version, to look at or take along. */
export class NbVersionFiles extends NbElement {
  static override properties = { version: { attribute: false }, opened: { state: true } }
  static override styles = [
    ...modelStyles,
    css`
      h2 .number {
        font-weight: 400;
      }
      .name {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      td {
        vertical-align: middle;
      }
      td.take {
        width: 36px;
        text-align: end;
      }
    `,
  ]
  declare version: ModelVersion | null
  declare private opened: string
  #bytes = new Remote<Uint8Array>(this)
  constructor() {
    super()
    this.version = null
    this.opened = ''
  }

  override render() {
    const { version: kept, t } = this
    const files = kept?.files ?? null
    if (kept === null) return nothing
    const summary =
      files === null || files.count === 0
        ? nothing
        : html` <span class="muted number"
            >${counted(t.version.filesOf, files.count, { size: formatBytes(files.sizeBytes) })}</span
          >`
    return html`<h2>${t.version.files}${summary}</h2>
      ${files === null ? html`<p class="muted">${t.version.elsewhere}</p>` : this.#content(files)}`
  }
  #content(files: ModelFiles) {
    const { version: t } = this.t
    if (files.count === 0) return html`<p class="muted">${t.noFiles}</p>`
    if (this.opened !== '') return this.#preview()
    return html`<table aria-label=${t.files}>
        <tbody>
          ${files.items.map((file) => this.#row(file, files.replaced.includes(file.path)))}
        </tbody>
      </table>
      ${files.replaced.length > 0 ? html`<p class="muted">${t.replacedFiles}</p>` : nothing}
      ${
        files.count > files.items.length
          ? html`<p class="muted">${fill(t.moreFiles, { shown: files.items.length, n: files.count })}</p>`
          : nothing
      }`
  }
  #row({ path, sizeBytes }: ModelFiles['items'][number], replaced: boolean) {
    const label = `${this.t.action.download} ${path}`
    return html`<tr>
      <td>
        <span class="name">
          ${icons.file}<button class="link mono" @click=${() => void this.#open(path)}>${path}</button>
        </span>
      </td>
      <td class="number muted">${replaced ? '* ' : ''}${formatBytes(sizeBytes)}</td>
      <td class="take">
        <button class="quiet" title=${label} aria-label=${label} @click=${() => void this.#save(path)}>
          ${icons.download}
        </button>
      </td>
    </tr>`
  }
  #preview() {
    const { t, host } = this
    const error = this.#bytes.error === null ? null : cardErrorOf(this.#bytes.error, this.locale)
    return html`<div class="bar"><button @click=${() => (this.opened = '')}>${t.action.back}</button></div>
      ${
        error === null
          ? html`<nb-file-preview .host=${host} .path=${this.opened} .bytes=${this.#bytes.value}></nb-file-preview>`
          : html`<nb-error-card .host=${host} .error=${error}></nb-error-card>`
      }`
  }

  #read(host: Host, path: string): Promise<Uint8Array> {
    const { modelName = '', version = 1 } = this.version ?? {}
    return host.client.readModelFile({ params: { projectId: host.projectId, modelName, version }, query: { path } })
  }
  async #open(path: string): Promise<void> {
    const { host } = this
    if (host === null) return
    this.opened = path
    this.#bytes.reset()
    await this.#bytes.load(() => this.#read(host, path))
  }
  async #save(path: string): Promise<void> {
    const { host } = this
    if (host === null) return
    try {
      await host.saveFile(path.split('/').at(-1) ?? path, await this.#read(host, path))
    } catch (error) {
      host.notify(cardErrorOf(error, this.locale).message, 'error')
    }
  }
}

/** Register the element. */
export const defineVersionFiles = (): void => defineElement('nb-version-files', NbVersionFiles)

declare global {
  interface HTMLElementTagNameMap {
    'nb-version-files': NbVersionFiles
  }
}
