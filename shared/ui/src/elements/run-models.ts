import { css, html, nothing } from 'lit'
import type { ModelVersionRef, RunModels, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { baseStyles } from './styles.js'

/**
 * The models of a run, in one line of its page: as what they are registered, and a button that registers. The card that it
 * opens has everything filled in; Enter registers. A run without a model shows nothing.
 */
export class NbRunModels extends NbElement {
  static override properties = {
    runId: { type: String },
    open: { state: true },
  }
  static override restartOn = ['host', 'runId']
  static override styles = [
    baseStyles,
    css`
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 10px;
        margin-top: 8px;
      }
      .what {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        overflow-wrap: anywhere;
      }
    `,
  ]
  declare runId: string
  declare private open: boolean
  #models = new Remote<RunModels>(this)

  constructor() {
    super()
    this.runId = ''
    this.open = false
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#models.reset()
    this.open = false
    if (this.runId === '') return []
    return refreshOn(
      this,
      host,
      [],
      (event) =>
        (event.type === 'model_changed' && event.sourceRunId === this.runId) ||
        (event.type === 'run_changed' && event.runId === this.runId),
      () => this.#read(host),
    )
  }
  #read(host: Host): Promise<void> {
    const params = { projectId: host.projectId, runId: this.runId }
    return this.#models.load(() => host.client.listRunModels({ params }))
  }

  override render() {
    const { host } = this
    const models = this.#models.value
    if (host === null || models === null) return nothing
    const { items, versions } = models
    if (items.length === 0 && versions.length === 0) return nothing
    return html`<div class="line">
        ${this.#what(models)}
        ${
          items.length > 0 && !this.open && host.can('editor')
            ? html`<button id="begin" @click=${() => (this.open = true)}>
                ${versions.length === 0 ? this.t.register.action : this.t.register.again}
              </button>`
            : nothing
        }
      </div>
      ${
        this.open
          ? html`<nb-register-card
              .host=${host}
              .runId=${this.runId}
              .models=${models}
              @nb-close=${(event: Event) => (event.stopPropagation(), this.#end())}
              @nb-registered=${(event: CustomEvent<ModelVersionRef>) => void this.#registered(host, event.detail)}
            ></nb-register-card>`
          : nothing
      }`
  }
  #what({ items, versions }: RunModels) {
    const { register } = this.t
    const [first] = items
    const models = items.length === 1 && first !== undefined ? fill(register.hasModel, { name: first.name }) : null
    return html`<span class="what">
      ${icons.model}
      ${
        versions.length === 0
          ? html`<span>${models ?? counted(register.hasModels, items.length)}</span>`
          : html`<span class="muted">${register.as}</span> ${this.#links(versions)}`
      }
    </span>`
  }
  #links(versions: readonly ModelVersionRef[]) {
    return versions
      .slice(0, 3)
      .map(
        ({ modelName: name, version }) =>
          html`<button
            class="link version"
            data-version=${`${name}/${String(version)}`}
            @click=${() => this.host?.openModel({ kind: 'version', name, version })}
          >
            ${name} v${version}
          </button>`,
      )
  }

  #end(): void {
    this.open = false
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#begin')?.focus())
  }
  async #registered(host: Host, { modelName, version }: ModelVersionRef): Promise<void> {
    await this.#read(host)
    this.open = false
    await this.updateComplete
    const link = `[data-version="${CSS.escape(`${modelName}/${String(version)}`)}"]`
    this.renderRoot.querySelector<HTMLElement>(link)?.focus()
  }
}

/** Register the element. */
export const defineRunModels = (): void => defineElement('nb-run-models', NbRunModels)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-models': NbRunModels
  }
}
