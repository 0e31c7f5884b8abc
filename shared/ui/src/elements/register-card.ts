import { css, html, nothing } from 'lit'
import type { Model, RunModel, RunModels, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatBytes } from '../format/bytes.js'
import { cardErrorOf } from '../format/error.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { randomKey } from './random-key.js'
import { Remote } from './remote.js'
import { baseStyles } from './styles.js'

const typingPauseMs = 200

/**
 * Registers a model of a run: the model, the name and the number it becomes are filled in; Enter registers
 * (`nb-registered`), Escape closes (`nb-close`).
 */
export class NbRegisterCard extends NbElement {
  static override properties = {
    runId: { type: String },
    models: { attribute: false },
    chosen: { state: true },
    name: { state: true },
    busy: { state: true },
    error: { state: true },
  }
  static override restartOn = ['host', 'runId']
  static override styles = [
    baseStyles,
    css`
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
  declare models: RunModels | null
  declare private chosen: number
  declare private name: string
  declare private busy: boolean
  declare private error: unknown
  /** Models whose names are like the one that is typed. */
  #alike = new Remote<{ readonly search: string; readonly items: readonly Model[] }>(this)
  #typing: ReturnType<typeof setTimeout> | undefined
  #key = randomKey()

  constructor() {
    super()
    this.runId = ''
    this.models = null
    this.chosen = 0
    this.name = ''
    this.busy = false
    this.error = null
  }

  protected override start(_host: Host): readonly Unsubscribe[] {
    this.name = this.models?.suggestion?.name ?? ''
    return [() => clearTimeout(this.#typing)]
  }
  protected override firstUpdated(): void {
    const input = this.renderRoot.querySelector<HTMLInputElement>('#name')
    input?.focus()
    input?.select()
  }

  override render() {
    const { host, models } = this
    if (host === null || models === null) return nothing
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
      @keydown=${(event: KeyboardEvent) => (event.key === 'Escape' ? this.#close() : undefined)}
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
        <button type="button" @click=${() => this.#close()}>${words.cancel}</button>
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
  #close(): void {
    emit(this, 'nb-close', null)
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
        idempotencyKey: this.#key,
      })
      emit(this, 'nb-registered', { modelName, version })
    } catch (error) {
      this.error = error
      this.#key = randomKey()
    }
    this.busy = false
  }
}

/** Register the element. */
export const defineRegisterCard = (): void => defineElement('nb-register-card', NbRegisterCard)

declare global {
  interface HTMLElementTagNameMap {
    'nb-register-card': NbRegisterCard
  }
}
