import { css, html, nothing } from 'lit'
import type { Model, ModelVersionSummary, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge } from '../format/age.js'
import { cardErrorOf } from '../format/error.js'
import { counted } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { loadSnippet } from './load-snippet.js'
import { modelStyles } from './model-styles.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'

interface VersionPages {
  readonly items: readonly ModelVersionSummary[]
  readonly nextCursor: string | null
}

const [pageSize, mostAtOnce] = [50, 500]

/** One registered model: what it is for, where its aliases point, and its versions. */
export class NbModelPage extends NbElement {
  static override properties = { name: { type: String } }
  static override restartOn = ['host', 'name']
  static override styles = [
    ...modelStyles,
    css`
      .description {
        max-width: 40ch;
      }
      nb-editable-text {
        margin-top: 10px;
      }
    `,
  ]
  declare name: string
  #model = new Remote<Model>(this)
  #versions = new Remote<VersionPages>(this)

  constructor() {
    super()
    this.name = ''
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    for (const remote of [this.#model, this.#versions]) remote.reset()
    return [
      ...refreshOn(
        this,
        host,
        [],
        (event) =>
          event.type === 'model_changed' && (event.name === this.name || event.modelId === this.#model.value?.id),
        () => this.#read(host),
      ),
      this.tickWhile(() => true),
    ]
  }

  get #params() {
    return { projectId: this.host?.projectId ?? '', modelName: this.name }
  }
  async #read(host: Host): Promise<void> {
    const limit = Math.min(mostAtOnce, Math.max(pageSize, this.#versions.value?.items.length ?? 0))
    await Promise.all([
      this.#model.load(() => host.client.getModel({ params: this.#params })),
      this.#versions.load(() => host.client.listModelVersions({ params: this.#params, query: { limit } })),
    ])
  }
  async #more(host: Host): Promise<void> {
    const known = this.#versions.value
    if (known?.nextCursor === undefined || known.nextCursor === null) return
    const query = { limit: pageSize, cursor: known.nextCursor }
    await this.#versions.load(async () => {
      const next = await host.client.listModelVersions({ params: this.#params, query })
      return { items: [...known.items, ...next.items], nextCursor: next.nextCursor }
    })
  }

  override render() {
    const { host, t } = this
    if (host === null) return nothing
    const bar = html`<nb-connection-bar .host=${host}></nb-connection-bar>`
    const model = this.#model.value
    const error = this.#model.error ?? this.#versions.error
    if (error !== null && (model === null || !isPassing(error)))
      return html`${bar}<nb-error-card
          class="inset"
          .host=${host}
          .error=${cardErrorOf(error, this.locale)}
          action=${t.models.all}
          @nb-activate=${() => host.openModel({ kind: 'models' })}
        ></nb-error-card>`
    if (model === null)
      return html`${bar}
        <p class="inset muted" role="status">${t.loading}</p>`
    return html`${bar}
      <div class="page">
        <nav class="crumbs" aria-label=${t.models.label}>
          <button class="link" @click=${() => host.openModel({ kind: 'models' })}>${t.models.label}</button>
        </nav>
        <div class="title"><h1>${model.name}</h1></div>
        <div class="line">
          <span class="number">${counted(t.models.count, model.versionCount)}</span>
          <span class="muted">${formatAge(model.updatedAt, this.nowMs, t.duration, this.locale)}</span>
          ${this.#aliases(model)}
        </div>
        <nb-editable-text
          .host=${host}
          .text=${model.description ?? ''}
          ?editable=${host.can('editor')}
          .save=${(description: string) => this.#describe(host, description)}
        ></nb-editable-text>
        ${
          model.latestVersion === null
            ? nothing
            : html`<section>
                <h2>${t.models.use}</h2>
                ${loadSnippet(host, model.name, useOf(model))}
              </section>`
        }
        <section>${this.#versionList(host)}</section>
      </div>`
  }
  async #describe(host: Host, description: string): Promise<void> {
    this.#model.value = await host.client.describeModel({ params: this.#params, body: { description } })
  }

  #aliases({ name, aliases }: Model) {
    if (aliases.length === 0) return nothing
    return html`<span class="chips">
      ${aliases.map(
        ({ alias, version }) =>
          html`<span class="chip"
            ><span>${alias}</span
            ><button class="link number" @click=${() => this.host?.openModel({ kind: 'version', name, version })}>
              v${version}
            </button></span
          >`,
      )}
    </span>`
  }

  #versionList(host: Host) {
    const { models } = this.t
    const { value } = this.#versions
    if (value === null) return html`<p class="muted" role="status">${this.t.loading}</p>`
    const more = html`<button class="more" @click=${() => void this.#more(host)}>${models.loadMoreVersions}</button>`
    return html`<h2>${models.versionsLabel}</h2>
      ${value.items.length === 0 ? html`<p class="muted">${models.noVersions}</p>` : this.#table(value.items)}
      ${value.nextCursor === null ? nothing : more}`
  }
  #table(versions: readonly ModelVersionSummary[]) {
    const { models: t } = this.t
    return html`<div class="wide">
      <table aria-label=${t.versionsLabel}>
        <thead>
          <tr>
            <th scope="col">${t.version}</th>
            <th scope="col">${t.aliases}</th>
            <th scope="col">${t.run}</th>
            <th scope="col" class="optional">${t.description}</th>
            <th scope="col" class="optional">${t.by}</th>
            <th scope="col" class="optional">${t.registered}</th>
          </tr>
        </thead>
        <tbody>
          ${versions.map((version) => this.#row(version))}
        </tbody>
      </table>
    </div>`
  }
  #row({ modelName: name, version, aliases, run, createdBy, createdAt, description }: ModelVersionSummary) {
    const { host, t } = this
    return html`<tr>
      <td class="steady">
        <button class="link number" @click=${() => host?.openModel({ kind: 'version', name, version })}>
          v${version}
        </button>
      </td>
      <td>
        <span class="chips">${aliases.map((alias) => html`<span class="chip">${alias}</span>`)}</span>
      </td>
      <td>
        ${
          run === null
            ? html`<span class="muted">–</span>`
            : html`<button class="link" @click=${() => host?.openRun(run.id)}>${run.name}</button>`
        }
      </td>
      <td class="muted optional"><div class="description ellipsis">${description ?? ''}</div></td>
      <td class="optional steady">${createdBy}</td>
      <td class="muted optional steady">${formatAge(createdAt, this.nowMs, t.duration, this.locale)}</td>
    </tr>`
  }
}

/** What people are told to load: an alias keeps pointing at what is good, a number does not. */
const useOf = ({ aliases, latestVersion }: Model): string => {
  const alias = aliases.find((each) => each.alias === 'champion') ?? aliases[0]
  return alias === undefined ? String(latestVersion?.version ?? 1) : `@${alias.alias}`
}

/** While the server is away, what was known stays; a model that is gone is gone. */
const isPassing = (error: unknown): boolean => !(error instanceof Error && 'code' in error)

/** Register the element. */
export const defineModelPage = (): void => defineElement('nb-model-page', NbModelPage)

declare global {
  interface HTMLElementTagNameMap {
    'nb-model-page': NbModelPage
  }
}
