import { css, html, nothing } from 'lit'
import type { Model, ModelVersionRef, RunModel, RunModels, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatBytes } from '../format/bytes.js'
import { cardErrorOf } from '../format/error.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { randomKey } from './random-key.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { baseStyles } from './styles.js'

const typingPauseMs = 200

/**
 * The models of a run, in one line of its page: as what they are registered, and a button that registers. The card that it
 * opens has everything filled in; Enter registers. A run without a model shows nothing.
 */
export class NbRunModels extends NbElement {
  static override properties = {
    runId: { type: String },
    open: { state: true },
    chosen: { state: true },
    name: { state: true },
    busy: { state: true },
    error: { state: true },
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
      form {
        display: grid;
        gap: 8px;
        max-width: 560px;
        margin-top: 8px;
        padding: 12px 14px;
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
        background: var(--nb-bg-raised);
      }
      .fields {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        align-items: center;
        gap: 6px 12px;
      }
      .fields label {
        color: var(--nb-fg-muted);
      }
      .name {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 10px;
      }
      .name input {
        flex: 0 1 28ch;
        min-width: 12ch;
      }
      select {
        max-width: 100%;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 10px;
      }
    `,
  ]
  declare runId: string
  declare private open: boolean
  declare private chosen: number
  declare private name: string
  declare private busy: boolean
  declare private error: unknown
  #models = new Remote<RunModels>(this)
  /** Models whose names are like the one that is typed. */
  #alike = new Remote<{ readonly search: string; readonly items: readonly Model[] }>(this)
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.runId = ''
    this.open = false
    this.chosen = 0
    this.name = ''
    this.busy = false
    this.error = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#models.reset()
    this.open = false
    if (this.runId === '') return []
    return [
      ...refreshOn(
        this,
        host,
        [],
        (event) =>
          (event.type === 'model_changed' && event.sourceRunId === this.runId) ||
          (event.type === 'run_changed' && event.runId === this.runId),
        () => this.#read(host),
      ),
      () => clearTimeout(this.#typing),
    ]
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
            ? html`<button id="begin" @click=${() => this.#begin(models)}>
                ${versions.length === 0 ? this.t.register.action : this.t.register.again}
              </button>`
            : nothing
        }
      </div>
      ${this.open ? this.#card(host, models) : nothing}`
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

  #card(host: Host, models: RunModels) {
    const { register: t, models: words } = this.t
    const invalid = /[/:]/.test(this.name)
    const incomplete = this.name.trim() === '' || invalid
    const submit = (event: Event) => {
      event.preventDefault()
      if (!incomplete && !this.busy) void this.#register(host, models)
    }
    return html`<form
      aria-label=${t.title}
      @submit=${submit}
      @keydown=${(event: KeyboardEvent) => (event.key === 'Escape' ? this.#end() : undefined)}
    >
      <div class="fields">
        <label for="model">${t.model}</label>${this.#model(models.items)}
        <label for="name">${t.name}</label>
        <span class="name">
          <input
            id="name"
            list="alike"
            maxlength="250"
            autocomplete="off"
            spellcheck="false"
            .value=${this.name}
            @input=${(event: Event) => this.#type(host, event)}
          />
          <span class="muted" role="status">${invalid ? t.nameRule : this.#next(models)}</span>
        </span>
        <datalist id="alike">
          ${(this.#alike.value?.items ?? []).map(({ name }) => html`<option value=${name}></option>`)}
        </datalist>
      </div>
      ${
        this.error === null
          ? nothing
          : html`<nb-error-card .host=${host} .error=${cardErrorOf(this.error, this.locale)}></nb-error-card>`
      }
      <div class="buttons">
        <button class="primary" ?disabled=${incomplete || this.busy}>${this.busy ? t.registering : t.register}</button>
        <button type="button" @click=${() => this.#end()}>${words.cancel}</button>
        <span class="muted">${t.keys}</span>
      </div>
    </form>`
  }
  #model(items: readonly RunModel[]) {
    const words = ({ name, modelType, sizeBytes }: RunModel) =>
      [name, modelType, sizeBytes === 0 ? null : formatBytes(sizeBytes)].filter(Boolean).join(' · ')
    const [only] = items
    if (items.length === 1 && only !== undefined) return html`<output id="model">${words(only)}</output>`
    const choose = (event: Event) => (this.chosen = Number((event.currentTarget as HTMLSelectElement).value))
    return html`<select id="model" @change=${choose}>
      ${items.map((item, index) => html`<option value=${index} ?selected=${index === this.chosen}>${words(item)}</option>`)}
    </select>`
  }
  /** Which version it becomes, as far as it is known by now. */
  #next({ suggestion }: RunModels): string {
    const { register: t } = this.t
    const name = this.name.trim()
    if (suggestion !== null && name === suggestion.name)
      return suggestion.isNew ? t.willBeNew : fill(t.willBe, { version: suggestion.version })
    const alike = this.#alike.value
    if (name === '' || alike?.search !== name) return ''
    const known = alike.items.find((model) => model.name === name)
    return known === undefined ? t.willBeNew : fill(t.willBe, { version: known.nextVersion })
  }

  #begin({ suggestion }: RunModels): void {
    this.open = true
    this.chosen = 0
    this.error = null
    this.name = suggestion?.name ?? ''
    void this.updateComplete.then(() => {
      const input = this.renderRoot.querySelector<HTMLInputElement>('#name')
      input?.focus()
      input?.select()
    })
  }
  #end(): void {
    this.open = false
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#begin')?.focus())
  }
  #type(host: Host, event: Event): void {
    this.name = (event.currentTarget as HTMLInputElement).value
    const search = this.name.trim()
    clearTimeout(this.#typing)
    if (search === '') return
    this.#typing = setTimeout(() => {
      void this.#alike.load(async () => {
        const query = { search: this.name.trim(), limit: 20 }
        const { items } = await host.client.listModels({ params: { projectId: host.projectId }, query })
        return { search: query.search, items }
      })
    }, typingPauseMs)
  }
  async #register(host: Host, { items }: RunModels): Promise<void> {
    const item = items[this.chosen]
    if (item === undefined) return
    this.busy = true
    this.error = null
    try {
      const { modelName, version } = await host.client.registerModel({
        params: { projectId: host.projectId, runId: this.runId },
        body: { choice: item.choice, name: this.name.trim() },
        idempotencyKey: randomKey(),
      })
      await this.#read(host)
      this.open = false
      await this.updateComplete
      this.renderRoot
        .querySelector<HTMLElement>(`[data-version="${CSS.escape(`${modelName}/${String(version)}`)}"]`)
        ?.focus()
    } catch (error) {
      this.error = error
    }
    this.busy = false
  }
}

/** Register the element. */
export const defineRunModels = (): void => defineElement('nb-run-models', NbRunModels)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-models': NbRunModels
  }
}
