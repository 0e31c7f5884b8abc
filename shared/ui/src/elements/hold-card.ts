import { css, html, nothing } from 'lit'
import type { Explanation, Holder, Job, Suggestion, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatDuration } from '../format/duration.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { amendJob } from './job-actions.js'
import { baseStyles } from './styles.js'

/** Why a job waits, where it stands, who holds what it needs, when it may start, and the smallest change that would start it. */
export class NbHoldCard extends NbElement {
  static override properties = {
    job: { attribute: false },
    explanation: { attribute: false },
    busy: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      .card {
        padding: 12px 14px;
        border: 1px solid var(--nb-border);
        border-inline-start: 3px solid var(--nb-busy);
        border-radius: var(--nb-radius, 3px);
        background: var(--nb-bg-raised);
      }
      p + p {
        margin-top: 4px;
      }
      h3 {
        margin-top: 10px;
        font-size: 1em;
        font-weight: 400;
        color: var(--nb-fg-muted);
      }
      ul {
        list-style: none;
        margin-top: 2px;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 0 12px;
        padding: 2px 0;
      }
      .help {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 12px;
        margin-top: 10px;
        padding-top: 10px;
        border-top: 1px solid var(--nb-border);
      }
    `,
  ]
  declare job: Job | null
  declare explanation: Explanation | null
  declare private busy: boolean
  constructor() {
    super()
    this.job = null
    this.explanation = null
    this.busy = false
  }
  protected override start(_host: Host): readonly Unsubscribe[] {
    return [this.tickWhile(() => this.explanation !== null)]
  }
  override render() {
    const { explanation, job, t } = this
    if (job?.status !== 'queued' || explanation === null) return nothing
    const { position, message, holders, suggestion } = explanation
    const place = position === null ? '' : ` · ${fill(t.position, { position })}`
    return html`<div class="card" role="status">
      <h2>${t.whyWaiting}${place}</h2>
      <p>${message}</p>
      ${this.#start(explanation)}
      ${
        holders.length === 0
          ? nothing
          : html`<h3 id="holders">${t.holders.heading}</h3>
              <ul aria-labelledby="holders">
                ${holders.map((holder) => this.#holder(holder))}
              </ul>`
      }
      ${suggestion === null ? nothing : this.#help(job, suggestion)}
    </div>`
  }
  #start({ estimatedStart, holders }: Explanation) {
    const { t } = this
    if (estimatedStart === null)
      return holders.some(({ until }) => until === null) ? html`<p class="muted">${t.noEstimate}</p>` : nothing
    const [p50, p90] = [estimatedStart.p50, estimatedStart.p90].map((at) => Date.parse(at) - this.nowMs)
    if (p50 === undefined || p90 === undefined || p90 <= 0) return nothing
    const say = (ms: number) => formatDuration(ms, t.duration)
    const text =
      p50 < 5000 ? fill(t.estimatedSoon, { p90: say(p90) }) : fill(t.estimatedStart, { p50: say(p50), p90: say(p90) })
    return html`<p class="muted" title=${t.queue.startsHint}>${text}</p>`
  }
  #holder({ jobId, jobNumber, jobName, submittedBy, gpuMilli, until }: Holder) {
    const { t, host } = this
    const who =
      jobId === null
        ? html`<span>${t.holders.otherProject}</span>`
        : html`<span
              ><button class="link" @click=${() => host?.openJob(jobId)}>${jobName}</button>
              <span class="muted number">#${jobNumber}</span></span
            >
            <span class="muted">${submittedBy}</span>`
    const amount = gpuMilli === 0 ? nothing : html`<span>${counted(t.queue.gpus, gpuMilli / 1000)}</span>`
    return html`<li>${who}${amount}<span class="muted">${this.#until(until)}</span></li>`
  }
  #until(until: string | null): string {
    const { t } = this
    if (until === null) return t.holders.unknown
    const leftMs = Date.parse(until) - this.nowMs
    return leftMs <= 0 ? t.holders.overdue : fill(t.holders.until, { age: formatDuration(leftMs, t.duration) })
  }
  #help(job: Job, { change, message, startsNow }: Suggestion) {
    const { t, host } = this
    const heading = startsNow ? t.whatWouldHelp : t.whatWouldAllow
    return html`<div class="help">
      <span><span class="muted">${heading}</span> ${message}</span>
      ${
        host?.can('editor') === true
          ? html`<button class="primary" ?disabled=${this.busy} @click=${() => void this.#amend(job, change)}>
              ${startsNow ? t.amend.start : t.amend.only}
            </button>`
          : nothing
      }
    </div>`
  }
  async #amend(job: Job, change: Suggestion['change']): Promise<void> {
    if (this.host === null || this.busy) return
    this.busy = true
    await amendJob(this.host, job, change)
    this.busy = false
  }
}

/** Register the element. */
export const defineHoldCard = (): void => defineElement('nb-hold-card', NbHoldCard)

declare global {
  interface HTMLElementTagNameMap {
    'nb-hold-card': NbHoldCard
  }
}
