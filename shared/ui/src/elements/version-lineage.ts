import { html, nothing, type TemplateResult } from 'lit'
import type { ModelVersion } from '@novabrain/contracts'
import type { RunTab } from '../host.js'
import { formatInstant } from '../format/age.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { modelStyles } from './model-styles.js'

type Fact = readonly [name: string, value: string | TemplateResult | readonly TemplateResult[]]

/** Where a version comes from: each fact leads on, to the page of the run and its tabs. */
export class NbVersionLineage extends NbElement {
  static override properties = { version: { attribute: false } }
  static override styles = modelStyles
  declare version: ModelVersion | null
  constructor() {
    super()
    this.version = null
  }

  override render() {
    const { version } = this
    if (version === null) return nothing
    return html`<dl class="facts">
      ${this.#facts(version).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`
  }
  #facts(version: ModelVersion): readonly Fact[] {
    const { lineage } = version
    const { version: t, models } = this.t
    const model = lineage.loggedModel
    return [
      [models.run, this.#run(version)],
      ...(lineage.run === null ? [] : [[t.experiment, lineage.run.experimentName] as Fact]),
      [t.environment, this.#environment(version)],
      [t.code, this.#code(version)],
      [t.data, this.#data(version)],
      ...(model === null
        ? []
        : [
            [
              t.loggedModel,
              html`${model.name} <span class="muted">${model.modelType ?? ''}</span>
                <span class="mono muted">${model.id}</span>`,
            ] as Fact,
          ]),
      [t.registeredBy, version.createdBy],
      [t.registeredAt, formatInstant(version.createdAt, this.locale)],
      [t.source, html`<span class="mono">${version.source}</span>`],
    ]
  }
  #to(runId: string, tab: RunTab, text: string | TemplateResult) {
    return html`<button class="link" @click=${() => this.host?.openRun(runId, tab)}>${text}</button>`
  }
  #run({ lineage: { run } }: ModelVersion) {
    const { version: t, models } = this.t
    if (run === null) return html`<span class="muted">${t.noRun}</span>`
    const name = run.jobNumber === null ? run.name : fill(t.runOf, { number: run.jobNumber, name: run.name })
    return html`${this.#to(run.id, 'overview', name)}
      <nb-status-badge .host=${this.host} .status=${run.status}></nb-status-badge>
      ${run.deleted ? html`<span class="tag">${models.deletedRun}</span>` : nothing}`
  }
  #environment({ lineage: { run, environment } }: ModelVersion) {
    const { version: t } = this.t
    if (environment === null || run === null) return html`<span class="muted">${t.noEnvironment}</span>`
    const packages = counted(this.t.environment.packages, environment.packageCount)
    return html`${this.#to(run.id, 'environment', fill(t.environmentOf, { python: environment.pythonVersion, packages }))}
      <span class="mono muted">${environment.pinDigest.slice(0, 12)}</span>`
  }
  #code({ lineage: { run, code } }: ModelVersion) {
    const { version: t, code: words } = this.t
    if (code === null) return html`<span class="muted">${t.noCode}</span>`
    const files = code.fileCount === null ? null : counted(words.files, code.fileCount)
    const commit = code.commit === null ? null : html`<span class="mono">${code.commit.slice(0, 12)}</span>`
    const state = code.dirty === null ? null : code.dirty ? words.dirty : words.clean
    return html`${files === null || run === null ? nothing : this.#to(run.id, 'code', files)} ${commit ?? nothing}
    ${code.branch === null ? nothing : html`<span class="mono">${code.branch}</span>`}
    ${code.commit === null || state === null ? nothing : html`<span class="muted">${state}</span>`}
    ${code.snapshotId !== null && code.commit === null ? html`<span class="muted">${words.noGit}</span>` : nothing}`
  }
  #data({ lineage: { datasets } }: ModelVersion) {
    if (datasets.length === 0) return html`<span class="muted">${this.t.version.noData}</span>`
    return datasets.map(
      ({ name, digest, context, sourceType }) =>
        html`<div>
          ${name} <span class="muted">${[context, sourceType].filter(Boolean).join(' · ')}</span>
          <span class="mono muted">${digest}</span>
        </div>`,
    )
  }
}

/** Register the element. */
export const defineVersionLineage = (): void => defineElement('nb-version-lineage', NbVersionLineage)

declare global {
  interface HTMLElementTagNameMap {
    'nb-version-lineage': NbVersionLineage
  }
}
