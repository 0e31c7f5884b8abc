import { html, nothing, type TemplateResult } from 'lit'
import {
  jobEnded,
  type Explanation,
  type Job,
  type LiveMessage,
  type Run,
  type Unsubscribe,
} from '@novabrain/contracts'
import { runTabs, type Host, type RunTab } from '../host.js'
import { formatSubmitter } from '../format/submitter.js'
import { formatAge } from '../format/age.js'
import { durationBetween, formatDuration } from '../format/duration.js'
import { formatJobDevice, isSimulated } from '../format/resources.js'
import { stageSteps } from '../format/stages.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit, type NbEvents } from './events.js'
import { icons } from './icons.js'
import { rerunJob, stopJob } from './job-actions.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'
import { runPageStyles } from './run-page-styles.js'

/** At most this often are the latest values read again while metrics stream in. */
const metricsPauseMs = 1000
const tabsWithoutJob: readonly RunTab[] = ['overview', 'metrics', 'files', 'traces']

/**
 * Everything of one run: where it stands, how it ended, its metrics, log, files, environment and code. Give it `runId` or
 * `jobId`; a run without a job has no log, environment or code of ours.
 */
export class NbRunPage extends NbElement {
  static override properties = { runId: { type: String }, jobId: { type: String }, tab: { type: String } }
  static override restartOn = ['host', 'runId', 'jobId']
  static override styles = runPageStyles

  declare runId: string
  declare jobId: string
  declare tab: RunTab
  #run = new Remote<Run>(this)
  #job = new Remote<Job>(this)
  #why = new Remote<Explanation>(this)
  #timer: ReturnType<typeof setTimeout> | undefined
  #heardJob = false

  constructor() {
    super()
    this.runId = ''
    this.jobId = ''
    this.tab = 'overview'
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    for (const remote of [this.#run, this.#job, this.#why]) remote.reset()
    this.#heardJob = false
    void this.#read(host)
    const topics = ['queue', ...(this.runId === '' ? [] : [`run:${this.runId}`])]
    return [
      host.events.subscribe(topics, (message) => this.#hear(host, message)),
      host.events.onConnection(() => this.requestUpdate()),
      this.tickWhile(() => this.#job.value === null || !jobEnded(this.#job.value.status)),
      () => {
        clearTimeout(this.#timer)
        this.#timer = undefined
      },
    ]
  }

  async #read(host: Host): Promise<void> {
    const { projectId } = host
    if (this.runId === '' && this.jobId !== '') {
      await this.#readJob(host, this.jobId)
      const { value } = this.#job
      if (value !== null) this.runId = value.runId
      return
    }
    await this.#run.load(() => host.client.getRun({ params: { projectId, runId: this.runId } }))
    const job = this.#run.value?.job ?? null
    if (job !== null) await this.#readJob(host, job.id)
  }
  /** An event that came while the job was read is newer than the answer. */
  async #readJob(host: Host, jobId: string): Promise<void> {
    this.#heardJob = false
    await this.#job.load(async () => {
      const job = await host.client.getJob({ params: { projectId: host.projectId, jobId } })
      return this.#heardJob ? (this.#job.value ?? job) : job
    })
    this.#readWhy(host)
  }
  #readWhy(host: Host): void {
    const job = this.#job.value
    if (job?.status !== 'queued') return
    const params = { projectId: host.projectId, jobId: job.id }
    void this.#why.load(() => host.client.explainJob({ params }))
  }

  #hear(host: Host, message: LiveMessage): void {
    if (message.type === 'reset') return void this.#read(host)
    if (message.type === 'hint') {
      if (message.hint.type === 'queue') this.#readWhy(host)
      if (message.hint.type === 'metrics' && message.hint.runId === this.runId) this.#readRunSoon(host)
      return
    }
    const { event } = message.record
    if (event.type === 'job_changed' && (event.job.id === this.#job.value?.id || event.job.runId === this.runId)) {
      this.#heardJob = true
      this.#job.value = event.job
      this.#readWhy(host)
      this.requestUpdate()
    }
    if (event.type === 'run_changed' && event.runId === this.runId) this.#readRunSoon(host)
  }
  #readRunSoon(host: Host): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (document.visibilityState === 'hidden') return
      void this.#run.load(() => host.client.getRun({ params: { projectId: host.projectId, runId: this.runId } }))
    }, metricsPauseMs)
  }

  override render() {
    const run = this.#run.value
    const job = this.#job.value
    const { host, t } = this
    if (host === null) return nothing
    const bar = html`<nb-connection-bar .host=${host}></nb-connection-bar>`
    const error = this.#run.error ?? this.#job.error
    if (run === null && job === null && error !== null)
      return html`${bar}${retryCard(this.host, error, () => this.#read(host))}`
    const jobIsAwaited = run !== null && run.job !== null && job === null && this.#job.error === null
    if ((run === null && job === null) || jobIsAwaited)
      return html`${bar}
        <p class="inset muted" role="status">${t.loading}</p>`
    return html`${bar}
      <div class="top">
        ${this.#header(run, job)} ${job === null ? nothing : this.#stages(job)}
        <nb-run-models .host=${host} .runId=${run?.id ?? ''}></nb-run-models>
      </div>
      ${this.#tabs(run, job)}`
  }

  #header(run: Run | null, job: Job | null) {
    const { t } = this
    const status = job?.status ?? run?.status ?? 'queued'
    const from = job === null ? (run?.startedAt ?? null) : job.startedAt
    const to = job === null ? (run?.endedAt ?? null) : job.endedAt
    const took = durationBetween(from, to, this.nowMs)
    const at = job?.submittedAt ?? run?.startedAt ?? null
    return html`<div class="title">
        <h1 class="ellipsis" title=${job?.name ?? run?.name ?? ''}>${job?.name ?? run?.name ?? ''}</h1>
        ${job === null ? nothing : html`<span class="muted number">#${job.number}</span>`}
        <span class="buttons">${job === null ? nothing : this.#buttons(job)}</span>
      </div>
      <div class="facts-line">
        <nb-status-badge role="status" .host=${this.host} .status=${status}></nb-status-badge>
        ${job === null ? nothing : html`<span>${formatJobDevice(job, t.device)}</span>`}
        ${
          isSimulated(job?.attempt ?? null)
            ? html`<span class="tag" title=${t.device.simulatedHint}>${t.device.simulated}</span>`
            : nothing
        }
        ${took === null ? nothing : html`<span class="number">${formatDuration(took, t.duration)}</span>`}
        ${at === null ? nothing : html`<span class="muted">${formatAge(at, this.nowMs, t.duration, this.locale)}</span>`}
        <span class="muted">${job === null ? (run?.userName ?? '') : formatSubmitter(job, t)}</span>
      </div>`
  }

  #buttons(job: Job) {
    const { host, t } = this
    if (host === null) return nothing
    const editor = host.can('editor')
    const more = host.jobActions?.(job) ?? []
    return html`
      ${more.map((action) => html`<button @click=${() => void action.run()}>${action.label}</button>`)}
      ${
        editor && jobEnded(job.status)
          ? html`<button @click=${() => void rerunJob(host, job)}>${icons.rerun} ${t.action.rerun}</button>`
          : nothing
      }
      ${
        editor && !jobEnded(job.status)
          ? html`<button
              ?disabled=${job.status === 'stopping' && job.reason === 'cancelled'}
              @click=${() => void stopJob(host, job)}
            >
              ${icons.stop} ${t.action.stop}
            </button>`
          : nothing
      }
    `
  }

  #stages(job: Job) {
    const steps = stageSteps(job, this.#why.value?.position ?? null, this.t)
    const detail = jobEnded(job.status) || job.status === 'queued' ? null : (job.attempt?.stageDetail ?? null)
    return html`<ol class="stages" aria-label=${this.t.stages}>
        ${steps.map(
          ({ label, state }) =>
            html`<li class=${state} aria-current=${state === 'now' ? 'step' : nothing}>${label}</li>`,
        )}
      </ol>
      ${detail === null ? nothing : html`<p class="stage-detail muted">${detail}</p>`}`
  }

  #tabs(run: Run | null, job: Job | null) {
    const shown: readonly RunTab[] = job === null ? tabsWithoutJob : runTabs
    const current = shown.includes(this.tab) ? this.tab : 'overview'
    return html`<div
        class="tabs"
        role="tablist"
        @keydown=${(event: KeyboardEvent) => this.#tabKey(event, shown, current)}
      >
        ${shown.map(
          (tab) =>
            html`<button
              role="tab"
              id=${`tab-${tab}`}
              aria-controls="panel"
              aria-selected=${tab === current}
              tabindex=${tab === current ? 0 : -1}
              @click=${() => this.#show(tab)}
            >
              ${this.t.tab[tab]}
            </button>`,
        )}
      </div>
      <div
        class="panel ${current === 'log' || current === 'traces' ? 'flush' : ''}"
        id="panel"
        role="tabpanel"
        aria-labelledby=${`tab-${current}`}
        @nb-tab=${(event: CustomEvent<NbEvents['nb-tab']>) => {
          event.stopPropagation()
          this.#show(event.detail.tab)
        }}
      >
        ${this.#panel(current, run, job)}
      </div>`
  }
  #panel(tab: RunTab, run: Run | null, job: Job | null): TemplateResult {
    const { host } = this
    const active = job === null ? run?.endedAt === null : !jobEnded(job.status)
    switch (tab) {
      case 'overview':
        return html`<nb-run-overview
          .host=${host}
          .run=${run}
          .job=${job}
          .explanation=${this.#why.value}
        ></nb-run-overview>`
      case 'metrics':
        return html`<nb-run-metrics .host=${host} .run=${run} ?active=${active}></nb-run-metrics>`
      case 'log':
        return html`<nb-log-view .host=${host} .job=${job}></nb-log-view>`
      case 'files':
        return html`<nb-run-files .host=${host} .runId=${this.runId}></nb-run-files>`
      case 'traces':
        return html`<nb-run-traces .host=${host} .runId=${this.runId}></nb-run-traces>`
      case 'environment':
        return html`<nb-run-environment .host=${host} .pinDigest=${job?.pinDigest ?? null}></nb-run-environment>`
      case 'code':
        return html`<nb-run-code .host=${host} .snapshotId=${job?.snapshotId ?? ''}></nb-run-code>`
    }
  }

  #show(tab: RunTab): void {
    if (tab === this.tab) return
    this.tab = tab
    emit(this, 'nb-tab', { tab })
  }
  #tabKey(event: KeyboardEvent, tabs: readonly RunTab[], current: RunTab): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length]
    if (next === undefined) return
    this.#show(next)
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${next}`)?.focus())
  }
}

/** Register the element. */
export const defineRunPage = (): void => defineElement('nb-run-page', NbRunPage)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-page': NbRunPage
  }
}
