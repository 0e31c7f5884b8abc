import { css, html, nothing } from 'lit'
import type { Model } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { cardErrorOf } from '../format/error.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { modelStyles } from './model-styles.js'

/** What is being done: an alias is to point here, or to be taken away. */
type Deed = { readonly kind: 'set' } | { readonly kind: 'remove'; readonly alias: string }

/** The aliases of a version. Each change is written with its reason, in a line below them; there is no dialog. */
export class NbVersionAliases extends NbElement {
  static override properties = {
    name: { type: String },
    version: { type: Number },
    aliases: { attribute: false },
    deed: { state: true },
    alias: { state: true },
    reason: { state: true },
    busy: { state: true },
    error: { state: true },
  }
  static override styles = [
    ...modelStyles,
    css`
      .chip button {
        min-height: 0;
        padding: 0 2px;
        border: 0;
        background: none;
        color: inherit;
      }
      .chip svg.icon {
        width: 11px;
        height: 11px;
      }
      .line {
        margin: 0;
        gap: 6px;
      }
      form {
        display: flex;
        flex-wrap: wrap;
        align-items: end;
        gap: 8px;
        max-width: 720px;
        margin-top: 8px;
        padding: 10px 12px;
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
        background: var(--nb-bg-raised);
      }
      label {
        display: grid;
        gap: 2px;
        color: var(--nb-fg-muted);
      }
      label input {
        color: var(--nb-fg);
      }
      label.why {
        flex: 1 1 24ch;
      }
      .hint {
        flex-basis: 100%;
        color: var(--nb-fg-muted);
      }
      nb-error-card {
        flex-basis: 100%;
      }
    `,
  ]
  declare name: string
  declare version: number
  /** All aliases of the model: what another version has moves here. */
  declare aliases: Model['aliases']
  declare private deed: Deed | null
  declare private alias: string
  declare private reason: string
  declare private busy: boolean
  declare private error: unknown

  constructor() {
    super()
    this.name = ''
    this.version = 0
    this.aliases = []
    this.deed = null
    this.alias = ''
    this.reason = ''
    this.busy = false
    this.error = null
  }

  override render() {
    const { host } = this
    if (host === null) return nothing
    const { models, version: t } = this.t
    const own = this.aliases.filter(({ version }) => version === this.version)
    const editor = host.can('editor')
    return html`<div class="line">
        ${
          own.length === 0
            ? nothing
            : html`<span class="chips" role="list" aria-label=${models.aliases}>
                ${own.map(({ alias }) => this.#chip(alias, editor))}
              </span>`
        }
        ${
          editor && this.deed?.kind !== 'set'
            ? html`<button id="set" @click=${() => this.#begin({ kind: 'set' })}>${icons.add} ${t.setAlias}</button>`
            : nothing
        }
      </div>
      ${this.deed === null ? nothing : this.#form(host, this.deed)}`
  }
  #chip(alias: string, editor: boolean) {
    const label = fill(this.t.version.removeAlias, { alias })
    return html`<span class="chip" role="listitem"
      >${alias}${
        editor
          ? html`<button title=${label} aria-label=${label} @click=${() => this.#begin({ kind: 'remove', alias })}>
              ${icons.close}
            </button>`
          : nothing
      }</span
    >`
  }

  #form(host: Host, deed: Deed) {
    const { version: t, models } = this.t
    const from = this.aliases.find(({ alias }) => alias === this.alias)?.version ?? null
    const here = deed.kind === 'set' && from === this.version
    const incomplete = this.reason.trim() === '' || (deed.kind === 'set' && this.alias.trim() === '') || here
    const verb = deed.kind === 'remove' ? t.remove : from === null ? t.setLabel : t.moveLabel
    const submit = (event: Event) => {
      event.preventDefault()
      if (!incomplete && !this.busy) void this.#perform(host, deed)
    }
    return html`<form
      aria-label=${deed.kind === 'set' ? t.setAlias : fill(t.removeAlias, { alias: deed.alias })}
      @submit=${submit}
      @keydown=${(event: KeyboardEvent) => (event.key === 'Escape' ? this.#end() : undefined)}
    >
      ${deed.kind === 'set' ? this.#aliasField() : html`<strong>${fill(t.removeAlias, { alias: deed.alias })}</strong>`}
      <label class="why"
        >${t.reason}
        <input
          id="reason"
          maxlength="1000"
          placeholder=${t.reasonHint}
          .value=${this.reason}
          @input=${(event: Event) => (this.reason = (event.currentTarget as HTMLInputElement).value)}
        />
      </label>
      <button class="primary" ?disabled=${incomplete || this.busy}>${verb}</button>
      <button type="button" @click=${() => this.#end()}>${models.cancel}</button>
      ${
        deed.kind === 'set' && this.alias !== ''
          ? html`<span class="hint" role="status">
              ${here ? t.isHere : from === null ? t.isNew : fill(t.movesFrom, { version: from })}
            </span>`
          : nothing
      }
      ${
        this.error === null
          ? nothing
          : html`<nb-error-card .host=${host} .error=${cardErrorOf(this.error, this.locale)}></nb-error-card>`
      }
    </form>`
  }
  #aliasField() {
    return html`<label
      >${this.t.version.alias}
      <input
        id="alias"
        list="known"
        maxlength="255"
        autocomplete="off"
        spellcheck="false"
        .value=${this.alias}
        @input=${(event: Event) => (this.alias = (event.currentTarget as HTMLInputElement).value.trim())}
      />
      <datalist id="known">${this.#known().map((alias) => html`<option value=${alias}></option>`)}</datalist>
    </label>`
  }
  /** Those of the model that point elsewhere; for a model with none, the usual two. */
  #known(): readonly string[] {
    const elsewhere = this.aliases.filter(({ version }) => version !== this.version).map(({ alias }) => alias)
    return this.aliases.length === 0 ? ['champion', 'challenger'] : elsewhere
  }

  #begin(deed: Deed): void {
    this.deed = deed
    this.alias = deed.kind === 'remove' ? deed.alias : ''
    this.reason = ''
    this.error = null
    const first = deed.kind === 'set' ? '#alias' : '#reason'
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(first)?.focus())
  }
  #end(): void {
    this.deed = null
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#set')?.focus())
  }
  async #perform(host: Host, deed: Deed): Promise<void> {
    const params = { projectId: host.projectId, modelName: this.name, alias: this.alias }
    this.busy = true
    try {
      const { aliases } =
        deed.kind === 'set'
          ? await host.client.setModelAlias({ params, body: { version: this.version, reason: this.reason } })
          : await host.client.removeModelAlias({ params, body: { reason: this.reason } })
      this.aliases = aliases
      this.#end()
    } catch (error) {
      this.error = error
    }
    this.busy = false
  }
}

/** Register the element. */
export const defineVersionAliases = (): void => defineElement('nb-version-aliases', NbVersionAliases)

declare global {
  interface HTMLElementTagNameMap {
    'nb-version-aliases': NbVersionAliases
  }
}
