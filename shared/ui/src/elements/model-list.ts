import { css, html, nothing } from 'lit'
import type { Model, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge } from '../format/age.js'
import { counted } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { modelStyles } from './model-styles.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'

interface ModelPages {
  readonly items: readonly Model[]
  readonly nextCursor: string | null
}

/** A page of the list; read again, as many are asked for as are shown, at most what the server gives at once. */
const [pageSize, mostAtOnce] = [50, 500]
const typingPauseMs = 200

/** What makes a first model: shown where there is none, in words that can be copied. */
const example = `with mlflow.start_run():
    mlflow.sklearn.log_model(model, name="model", registered_model_name="my-model")`

/** The registered models of the project, those that changed last first. */
export class NbModelList extends NbElement {
  static override properties = { search: { state: true } }
  static override styles = [
    ...modelStyles,
    css`
      .bar {
        padding: 10px 0;
      }
      .bar input {
        width: 34ch;
        max-width: 100%;
      }
      .description {
        max-width: 46ch;
      }
      td.name {
        min-width: 12ch;
        max-width: 44ch;
      }
      pre.example {
        display: inline-block;
        max-width: 100%;
        margin: 12px 0 0;
        padding: 10px 12px;
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
        background: var(--nb-bg-raised);
        font-family: var(--nb-font-mono);
        font-size: 12px;
        line-height: 1.5;
        text-align: start;
        white-space: pre-wrap;
      }
    `,
  ]
  declare private search: string
  #models = new Remote<ModelPages>(this)
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.search = ''
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#models.reset()
    return [
      ...refreshOn(
        this,
        host,
        [],
        (event) => event.type === 'model_changed',
        () => this.#read(host),
      ),
      this.tickWhile(() => true),
      () => clearTimeout(this.#typing),
    ]
  }

  #read(host: Host): Promise<void> {
    return this.#models.load(() => {
      const limit = Math.min(mostAtOnce, Math.max(pageSize, this.#models.value?.items.length ?? 0))
      return host.client.listModels({ params: { projectId: host.projectId }, query: { limit, search: this.search } })
    })
  }
  async #more(host: Host): Promise<void> {
    const known = this.#models.value
    if (known?.nextCursor === undefined || known.nextCursor === null) return
    const query = { limit: pageSize, search: this.search, cursor: known.nextCursor }
    await this.#models.load(async () => {
      const next = await host.client.listModels({ params: { projectId: host.projectId }, query })
      return { items: [...known.items, ...next.items], nextCursor: next.nextCursor }
    })
  }
  #type(event: Event): void {
    this.search = (event.currentTarget as HTMLInputElement).value
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => {
      if (this.host !== null) void this.#read(this.host)
    }, typingPauseMs)
  }

  override render() {
    const { host, t } = this
    if (host === null) return nothing
    const { value, error } = this.#models
    const bar = html`<nb-connection-bar .host=${host}></nb-connection-bar>`
    if (value === null && error !== null) return html`${bar}${retryCard(this.host, error, () => this.#read(host))}`
    if (value === null)
      return html`${bar}
        <p class="inset muted" role="status">${t.loading}</p>`
    if (value.items.length === 0 && this.search === '') return html`${bar}${this.#empty(host)}`
    return html`${bar}
      <div class="page">
        <div class="bar">
          <input
            type="search"
            .value=${this.search}
            placeholder=${t.models.search}
            aria-label=${t.models.search}
            @input=${(event: Event) => this.#type(event)}
          />
        </div>
        ${value.items.length === 0 ? html`<p class="muted" role="status">${t.models.none}</p>` : this.#table(value.items)}
        ${
          value.nextCursor === null
            ? nothing
            : html`<button class="more" @click=${() => void this.#more(host)}>${t.models.loadMore}</button>`
        }
      </div>`
  }

  #empty(host: Host) {
    const { t } = this
    return html`<nb-empty-state
      .host=${host}
      heading=${t.models.emptyHeading}
      text=${t.models.emptyText}
      action=${t.action.copy}
      @nb-activate=${() => void this.#copy(host)}
    >
      <pre class="example">${example}</pre>
    </nb-empty-state>`
  }
  async #copy(host: Host): Promise<void> {
    await host.copyText(`import mlflow\n\n${example}\n`)
    host.notify(this.t.action.copied, 'information')
  }

  #table(models: readonly Model[]) {
    const { models: t } = this.t
    return html`<div class="wide">
      <table aria-label=${t.label}>
        <thead>
          <tr>
            <th scope="col">${t.name}</th>
            <th scope="col">${t.latest}</th>
            <th scope="col" class="roomy">${t.aliases}</th>
            <th scope="col" class="optional">${t.description}</th>
            <th scope="col" class="optional">${t.changed}</th>
          </tr>
        </thead>
        <tbody>
          ${models.map((model) => this.#row(model))}
        </tbody>
      </table>
    </div>`
  }
  #row({ name, latestVersion, versionCount, aliases, description, updatedAt }: Model) {
    const { host, t } = this
    const openVersion = (version: number) => () => host?.openModel({ kind: 'version', name, version })
    return html`<tr>
      <td class="name">
        <button class="link" @click=${() => host?.openModel({ kind: 'model', name })}>${name}</button>
        ${aliases.length === 0 ? nothing : html`<span class="narrow">${this.#chips(aliases)}</span>`}
      </td>
      <td class="steady">
        ${
          latestVersion === null
            ? html`<span class="muted">–</span>`
            : html`<button class="link number" @click=${openVersion(latestVersion.version)}>
                  v${latestVersion.version}
                </button>
                <span class="muted optional">${counted(t.models.count, versionCount)}</span>`
        }
      </td>
      <td class="roomy">${this.#chips(aliases)}</td>
      <td class="muted optional"><div class="description ellipsis">${description ?? ''}</div></td>
      <td class="muted optional steady">${formatAge(updatedAt, this.nowMs, t.duration, this.locale)}</td>
    </tr>`
  }
  #chips(aliases: Model['aliases']) {
    return html`<span class="chips">
      ${aliases.map(
        ({ alias, version }) =>
          html`<span class="chip"><span>${alias}</span><span class="muted number">v${version}</span></span>`,
      )}
    </span>`
  }
}

/** Register the element. */
export const defineModelList = (): void => defineElement('nb-model-list', NbModelList)

declare global {
  interface HTMLElementTagNameMap {
    'nb-model-list': NbModelList
  }
}
