import { html, nothing } from 'lit'
import type { CodeSnapshot, GitState, SnapshotFile, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { cardErrorOf } from '../format/error.js'
import { counted } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import type { NbEvents } from './events.js'
import { Remote } from './remote.js'
import { panelStyles } from './run-page-styles.js'

/** The code a run ran: the files as they were, where they came from, and what was left out. */
export class NbRunCode extends NbElement {
  static override properties = { snapshotId: { type: String }, opened: { state: true } }
  static override restartOn = ['host', 'snapshotId']
  static override styles = panelStyles
  declare snapshotId: string
  declare private opened: SnapshotFile | null
  #snapshot = new Remote<CodeSnapshot>(this)
  #bytes = new Remote<Uint8Array>(this)
  constructor() {
    super()
    this.snapshotId = ''
    this.opened = null
  }
  protected override start(host: Host): readonly Unsubscribe[] {
    const { snapshotId } = this
    this.#snapshot.reset()
    this.opened = null
    const params = { projectId: host.projectId, snapshotId }
    if (snapshotId !== '') void this.#snapshot.load(() => host.client.getCodeSnapshot({ params }))
    return []
  }
  override render() {
    const { host, t } = this
    const snapshot = this.#snapshot.value
    if (snapshot === null && this.#snapshot.error !== null)
      return html`<nb-error-card
        .host=${host}
        .error=${cardErrorOf(this.#snapshot.error, this.locale)}
      ></nb-error-card>`
    if (snapshot === null) return html`<p class="muted" role="status">${t.loading}</p>`
    if (this.opened !== null) return this.#preview(this.opened)
    const open = (event: CustomEvent<NbEvents['nb-toggle']>) => void this.#open(snapshot, event.detail.path)
    return html`<section>${this.#origin(snapshot.git)}</section>
      <section>
        <h2>${counted(t.code.files, snapshot.files.length)}</h2>
        <nb-file-list
          .host=${host}
          .included=${snapshot.files}
          .excluded=${snapshot.excluded}
          openable
          @nb-toggle=${open}
        ></nb-file-list>
      </section>`
  }
  #origin(git: GitState | null) {
    const { code } = this.t
    if (git === null) return html`<p class="muted">${code.noGit}</p>`
    return html`<dl class="facts">
      ${
        git.commit === null
          ? nothing
          : html`<dt>${code.commit}</dt>
              <dd>
                <span class="mono">${git.commit}</span>
                <span class="muted">${git.dirty ? code.dirty : code.clean}</span>
              </dd>`
      }
      ${
        git.branch === null
          ? nothing
          : html`<dt>${code.branch}</dt>
              <dd class="mono">${git.branch}</dd>`
      }
    </dl>`
  }
  #preview(file: SnapshotFile) {
    const { host, t } = this
    const error = this.#bytes.error === null ? null : cardErrorOf(this.#bytes.error, this.locale)
    return html`<div class="bar"><button @click=${() => (this.opened = null)}>${t.action.back}</button></div>
      ${
        error === null
          ? html`<nb-file-preview .host=${host} .path=${file.path} .bytes=${this.#bytes.value}></nb-file-preview>`
          : html`<nb-error-card .host=${host} .error=${error}></nb-error-card>`
      }`
  }
  async #open(snapshot: CodeSnapshot, path: string): Promise<void> {
    const { host } = this
    const file = snapshot.files.find((each) => each.path === path)
    if (host === null || file === undefined) return
    this.opened = file
    this.#bytes.reset()
    const params = { projectId: host.projectId, digest: file.digest }
    await this.#bytes.load(() => host.client.getBlob({ params }))
  }
}

/** Register the element. */
export const defineRunCode = (): void => defineElement('nb-run-code', NbRunCode)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-code': NbRunCode
  }
}
