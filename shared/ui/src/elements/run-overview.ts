import { css, html, nothing, type TemplateResult } from 'lit'
import { jobEnded, type Explanation, type Job, type Run, type Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatSubmitter } from '../format/submitter.js'
import { formatInstant } from '../format/age.js'
import { breakable } from '../format/breakable.js'
import { durationBetween, formatDuration } from '../format/duration.js'
import { formatCount, formatMetric } from '../format/number.js'
import { formatJobDevice, isSimulated } from '../format/resources.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { panelStyles } from './run-page-styles.js'

/**
 * The first tab of a run: how it ended or why it waits, the facts, the latest metrics, the parameters, and
 * what it used of what it asked for.
 */
export class NbRunOverview extends NbElement {
  static override properties = {
    run: { attribute: false },
    job: { attribute: false },
    explanation: { attribute: false },
  }
  static override styles = [
    ...panelStyles,
    css`
      .below {
        margin-top: 22px;
      }
      td.key {
        overflow-wrap: break-word;
      }
    `,
  ]
  declare run: Run | null
  declare job: Job | null
  declare explanation: Explanation | null
  constructor() {
    super()
    this.run = null
    this.job = null
    this.explanation = null
  }
  protected override start(_host: Host): readonly Unsubscribe[] {
    return [this.tickWhile(() => this.job?.endedAt === null)]
  }

  override render() {
    const { host, job, run, explanation } = this
    return html`
      ${
        job !== null && (jobEnded(job.status) || job.status === 'queued')
          ? html`<section>
              <nb-verdict-card .host=${host} .job=${job}></nb-verdict-card>
              <nb-hold-card .host=${host} .job=${job} .explanation=${explanation}></nb-hold-card>
            </section>`
          : nothing
      }
      <div class="columns">
        <section>${this.#facts(job, run)}</section>
        ${run === null ? nothing : html`<section>${this.#metrics(run)}</section>`}
        ${run === null ? nothing : html`<nb-run-params .host=${host} .params=${run.params}></nb-run-params>`}
      </div>
      ${
        job === null || job.attempt === null
          ? nothing
          : html`<nb-resource-use class="below" .host=${host} .job=${job}></nb-resource-use>`
      }
    `
  }

  #facts(job: Job | null, run: Run | null) {
    const facts = [...(job === null ? [] : this.#jobFacts(job)), ...(run === null ? [] : this.#runFacts(run, job))]
    return html`<dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`
  }
  #jobFacts(job: Job): readonly [string, string | TemplateResult][] {
    const { facts, device, duration, priority } = this.t
    const waited = durationBetween(job.submittedAt, job.startedAt ?? job.endedAt, this.nowMs)
    const took = durationBetween(job.startedAt, job.endedAt, this.nowMs)
    const tag = isSimulated(job.attempt)
      ? html` <span class="tag" title=${device.simulatedHint}>${device.simulated}</span>`
      : nothing
    const number = job.attempt?.number ?? 0
    return [
      [facts.device, html`${formatJobDevice(job, device)}${tag}`],
      ...(job.attempt?.nodeName ? [[facts.node, job.attempt.nodeName] as [string, string]] : []),
      ...(took === null ? [] : [[facts.duration, formatDuration(took, duration)] as [string, string]]),
      ...(waited === null ? [] : [[facts.waited, formatDuration(waited, duration)] as [string, string]]),
      [facts.submittedBy, formatSubmitter(job, this.t)],
      [facts.submittedAt, formatInstant(job.submittedAt, this.locale)],
      [facts.queue, job.queueName],
      [facts.priority, priority[job.priorityClass]],
      ...(job.timeLimitMs === null
        ? []
        : [[facts.timeLimit, formatDuration(job.timeLimitMs, duration)] as [string, string]]),
      ...(number > 1 || (number === 1 && job.maxRetries > 0)
        ? [[facts.attempt, this.#attempt(number, job.maxRetries + 1)] as [string, string]]
        : []),
      ...this.#resized(job),
    ]
  }
  /** Attempts that made room, or went on with another number of GPUs, count as no retry. */
  #attempt(number: number, most: number): string {
    return number > most ? String(number) : fill(this.t.facts.attemptOf, { number, most })
  }
  #resized({ attempt }: Job): readonly [string, string][] {
    const { facts } = this.t
    if (attempt === null) return []
    const { resizesTo, resizedFrom, devices, endedAt } = attempt
    if (resizesTo !== undefined && endedAt === null) {
      const text = resizesTo.why === 'shrink' ? facts.shrinks : facts.grows
      return [[facts.resized, fill(text, { from: devices.length, to: resizesTo.gpuCount })]]
    }
    if (resizedFrom === undefined) return []
    const text = resizedFrom.why === 'shrink' ? facts.shrank : facts.grew
    return [[facts.resized, fill(text, { from: resizedFrom.gpuCount, to: devices.length })]]
  }
  #runFacts(run: Run, job: Job | null): readonly [string, string | TemplateResult][] {
    const { facts, duration } = this.t
    const took = durationBetween(run.startedAt, run.endedAt, this.nowMs)
    const own: [string, string][] = [
      [facts.user, run.userName],
      ...(run.startedAt === null
        ? []
        : [[facts.startedAt, formatInstant(run.startedAt, this.locale)] as [string, string]]),
      ...(took === null ? [] : [[facts.duration, formatDuration(took, duration)] as [string, string]]),
    ]
    return [
      ...(job === null ? own : []),
      [facts.experiment, run.experimentName],
      [facts.runId, html`<span class="mono">${run.id}</span>`],
    ]
  }

  #metrics(run: Run) {
    const { t } = this
    const all = () => emit(this, 'nb-tab', { tab: 'metrics' })
    if (run.metrics.length === 0)
      return html`<h2>${t.metrics}</h2>
        <p class="muted">${t.noMetrics}</p>`
    return html`<h2>${t.metrics}</h2>
      <table aria-label=${t.metrics}>
        <tbody>
          ${run.metrics.slice(0, 12).map(
            (metric) =>
              html`<tr>
                <td class="mono key">${breakable(metric.key)}</td>
                <td class="number">${formatMetric(metric.value)}</td>
                <td class="number muted">
                  ${counted(t.points, metric.pointCount, { n: formatCount(metric.pointCount) })}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
      ${
        run.metrics.length > 12
          ? html`<button class="link" @click=${all}>${fill(t.action.showAll, { n: run.metrics.length })}</button>`
          : nothing
      }`
  }
}

/** Register the element. */
export const defineRunOverview = (): void => defineElement('nb-run-overview', NbRunOverview)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-overview': NbRunOverview
  }
}
