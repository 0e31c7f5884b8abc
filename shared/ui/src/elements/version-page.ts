import { css, html, nothing } from 'lit'
import type { AliasMove, Model, ModelVersion, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge, formatInstant } from '../format/age.js'
import { cardErrorOf } from '../format/error.js'
import { formatMetric } from '../format/number.js'
import { moveWords } from '../format/alias-move.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { loadSnippet } from './load-snippet.js'
import { modelStyles } from './model-styles.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'

/** One version of a model: where it comes from, what it takes and gives, its files, and where its aliases moved. */
export class NbVersionPage extends NbElement {
  static override properties = { name: { type: String }, version: { type: Number } }
  static override restartOn = ['host', 'name', 'version']
  static override styles = [
    ...modelStyles,
    css`
      nb-version-aliases,
      nb-editable-text {
        margin-top: 10px;
      }
      .history {
        list-style: none;
      }
      .history li {
        padding: 5px 0;
        border-bottom: 1px solid color-mix(in srgb, var(--nb-border) 55%, transparent);
      }
      .history li:last-child {
        border-bottom: 0;
      }
      .history .reason {
        overflow-wrap: anywhere;
      }
    `,
  ]
  declare name: string
  declare version: number
  #version = new Remote<ModelVersion>(this)
  #model = new Remote<Model>(this)

  constructor() {
    super()
    this.name = ''
    this.version = 0
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    for (const remote of [this.#version, this.#model]) remote.reset()
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
    return { projectId: this.host?.projectId ?? '', modelName: this.name, version: this.version }
  }
  async #read(host: Host): Promise<void> {
    await Promise.all([
      this.#version.load(() => host.client.getModelVersion({ params: this.#params })),
      this.#model.load(() => host.client.getModel({ params: this.#params })),
    ])
  }

  override render() {
    const { host, t, name } = this
    if (host === null) return nothing
    const bar = html`<nb-connection-bar .host=${host}></nb-connection-bar>`
    const { value: version, error } = this.#version
    if (error !== null && (version === null || (error instanceof Error && 'code' in error)))
      return html`${bar}<nb-error-card
          class="inset"
          .host=${host}
          .error=${cardErrorOf(error, this.locale)}
          action=${t.models.all}
          @nb-activate=${() => host.openModel({ kind: 'models' })}
        ></nb-error-card>`
    if (version === null)
      return html`${bar}
        <p class="inset muted" role="status">${t.loading}</p>`
    return html`${bar}
      <div class="page">
        <nav class="crumbs" aria-label=${t.models.label}>
          <button class="link" @click=${() => host.openModel({ kind: 'models' })}>${t.models.label}</button>
          <span aria-hidden="true">/</span>
          <button class="link" @click=${() => host.openModel({ kind: 'model', name })}>${name}</button>
        </nav>
        <div class="title">
          <h1>${name} <span class="number">v${version.version}</span></h1>
          <span class="muted">
            ${version.createdBy} · ${formatAge(version.createdAt, this.nowMs, t.duration, this.locale)}
          </span>
        </div>
        <nb-version-aliases
          .host=${host}
          .name=${name}
          .version=${version.version}
          .aliases=${this.#model.value?.aliases ?? []}
        ></nb-version-aliases>
        <nb-editable-text
          .host=${host}
          .text=${version.description ?? ''}
          ?editable=${host.can('editor')}
          .save=${(description: string) => this.#describe(host, description)}
        ></nb-editable-text>
        <section>
          <h2>${t.models.use}</h2>
          ${loadSnippet(host, name, String(version.version))}
        </section>
        <div class="columns">
          <section>
            <h2>${t.version.lineage}</h2>
            <nb-version-lineage .host=${host} .version=${version}></nb-version-lineage>
          </section>
          ${version.lineage.metrics.length === 0 ? nothing : html`<section>${this.#metrics(version)}</section>`}
        </div>
        <section>
          <h2>${t.version.signature}</h2>
          <nb-version-signature .host=${host} .manifest=${version.manifest}></nb-version-signature>
        </section>
        <section><nb-version-files .host=${host} .version=${version}></nb-version-files></section>
        ${version.tags.length === 0 ? nothing : html`<section>${this.#tags(version)}</section>`}
        <section>${this.#history(version)}</section>
      </div>`
  }
  async #describe(host: Host, description: string): Promise<void> {
    await host.client.describeModelVersion({ params: this.#params, body: { description } })
    await this.#read(host)
  }

  #metrics({ lineage }: ModelVersion) {
    const { version } = this.t
    return html`<h2>${version.metrics}</h2>
      <table aria-label=${version.metrics}>
        <tbody>
          ${lineage.metrics.slice(0, 20).map(
            ({ key, value }) =>
              html`<tr>
                <td class="mono">${key}</td>
                <td class="number">${formatMetric(value)}</td>
              </tr>`,
          )}
        </tbody>
      </table>`
  }
  #tags({ tags }: ModelVersion) {
    const { version } = this.t
    return html`<h2>${version.tags}</h2>
      <table class="pairs" aria-label=${version.tags}>
        <tbody>
          ${tags.map(
            ({ key, value }) =>
              html`<tr>
                <td class="mono">${key}</td>
                <td>${value}</td>
              </tr>`,
          )}
        </tbody>
      </table>`
  }
  #history({ history, version: number }: ModelVersion) {
    const { version } = this.t
    return html`<h2>${version.history}</h2>
      ${
        history.length === 0
          ? html`<p class="muted">${version.noHistory}</p>`
          : html`<ol class="history" aria-label=${version.history}>
              ${history.map((move) => this.#move(move, number))}
            </ol>`
      }`
  }
  #move(move: AliasMove, number: number) {
    const { t } = this
    return html`<li>
      <div>
        ${moveWords(move, number, t)}
        <span class="muted" title=${formatInstant(move.at, this.locale)}>
          · ${move.memberName ?? t.version.aJob} · ${formatAge(move.at, this.nowMs, t.duration, this.locale)}
        </span>
      </div>
      <div class="reason ${move.reason === null ? 'muted' : ''}">${move.reason ?? t.version.noReason}</div>
    </li>`
  }
}

/** Register the element. */
export const defineVersionPage = (): void => defineElement('nb-version-page', NbVersionPage)

declare global {
  interface HTMLElementTagNameMap {
    'nb-version-page': NbVersionPage
  }
}
