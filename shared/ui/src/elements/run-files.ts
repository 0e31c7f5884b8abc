import { css, html, nothing } from 'lit'
import type { ArtifactFile, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatBytes } from '../format/bytes.js'
import { cardErrorOf } from '../format/error.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { panelStyles } from './run-page-styles.js'

/** The files a run left: folders to walk through, files to look at or take along. */
export class NbRunFiles extends NbElement {
  static override properties = { runId: { type: String }, path: { type: String }, opened: { type: String } }
  static override restartOn = ['host', 'runId', 'path']
  static override styles = [
    ...panelStyles,
    css`
      .name {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .take {
        width: 36px;
        text-align: end;
      }
      td {
        vertical-align: middle;
      }
    `,
  ]
  declare runId: string
  /** The folder shown; empty for the topmost. */
  declare path: string
  /** The file shown, or empty. */
  declare opened: string
  #files = new Remote<readonly ArtifactFile[]>(this)
  #bytes = new Remote<Uint8Array>(this)
  constructor() {
    super()
    this.runId = ''
    this.path = ''
    this.opened = ''
  }
  protected override start(host: Host): readonly Unsubscribe[] {
    this.#files.reset()
    const params = { projectId: host.projectId, runId: this.runId }
    const read = () =>
      this.#files.load(async () => {
        const query = this.path === '' ? {} : { path: this.path }
        return (await host.client.listRunArtifacts({ params, query })).items
      })
    const mine = (event: { type: string; runId?: string; job?: { runId: string } }) =>
      event.runId === this.runId || event.job?.runId === this.runId
    return refreshOn(this, host, [`run:${this.runId}`], mine, read)
  }

  override render() {
    const { host, t } = this
    const files = this.#files.value
    if (files === null && this.#files.error !== null) {
      const error = cardErrorOf(this.#files.error, this.locale)
      return html`<nb-error-card .host=${host} .error=${error}></nb-error-card>`
    }
    if (files === null) return html`<p class="muted" role="status">${t.loading}</p>`
    if (this.opened !== '') return this.#preview()
    if (files.length === 0 && this.path === '')
      return html`<nb-empty-state .host=${host} heading=${t.files.empty} text=${t.files.emptyText}></nb-empty-state>`
    return html`${this.#crumbs()} ${this.#table(files)}`
  }

  #crumbs() {
    const parts = this.path === '' ? [] : this.path.split('/')
    const go = (path: string) => () => {
      this.path = path
      this.opened = ''
    }
    if (parts.length === 0) return nothing
    return html`<nav class="bar" aria-label=${this.t.files.label}>
      <button class="link" @click=${go('')}>${this.t.files.root}</button>
      ${parts.map(
        (part, i) =>
          html`<span class="muted">/</span>
            <button class="link mono" @click=${go(parts.slice(0, i + 1).join('/'))}>${part}</button>`,
      )}
    </nav>`
  }
  #table(files: readonly ArtifactFile[]) {
    const { t } = this
    return html`<table aria-label=${t.files.label}>
      <thead>
        <tr>
          <th scope="col">${t.files.name}</th>
          <th scope="col" class="number">${t.files.size}</th>
          <th scope="col" class="take"><span class="hidden-text">${t.action.download}</span></th>
        </tr>
      </thead>
      <tbody>
        ${files.map((file) => this.#row(file))}
      </tbody>
    </table>`
  }
  #row(file: ArtifactFile) {
    const name = file.path.split('/').at(-1) ?? file.path
    const open = () => (file.isDirectory ? (this.path = file.path) : void this.#open(file.path))
    const label = `${this.t.action.download} ${name}`
    return html`<tr>
      <td>
        <span class="name">
          ${file.isDirectory ? icons.folder : icons.file}<button class="link mono" @click=${open}>${name}</button>
        </span>
      </td>
      <td class="number muted">${file.sizeBytes === null ? '' : formatBytes(file.sizeBytes)}</td>
      <td class="take">
        ${
          file.isDirectory
            ? nothing
            : html`<button class="quiet" title=${label} aria-label=${label} @click=${() => void this.#save(file.path)}>
                ${icons.download}
              </button>`
        }
      </td>
    </tr>`
  }
  #preview() {
    const { t, host } = this
    const back = () => (this.opened = '')
    const error = this.#bytes.error === null ? null : cardErrorOf(this.#bytes.error, this.locale)
    return html`<div class="bar"><button @click=${back}>${t.action.back}</button></div>
      ${
        error === null
          ? html`<nb-file-preview .host=${host} .path=${this.opened} .bytes=${this.#bytes.value}></nb-file-preview>`
          : html`<nb-error-card .host=${host} .error=${error}></nb-error-card>`
      }`
  }

  #read(host: Host, path: string): Promise<Uint8Array> {
    return host.client.readRunArtifact({ params: { projectId: host.projectId, runId: this.runId }, query: { path } })
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
export const defineRunFiles = (): void => defineElement('nb-run-files', NbRunFiles)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-files': NbRunFiles
  }
}
