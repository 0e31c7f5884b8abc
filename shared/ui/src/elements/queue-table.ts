import { css, html, nothing } from 'lit'
import type { QueueEntry, ResponseOf, Routes, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge } from '../format/age.js'
import { formatDuration } from '../format/duration.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { amendJob } from './job-actions.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'
import { baseStyles, tableStyles } from './styles.js'

const knownStatuses = ['queued', 'starting', 'running', 'stopping', 'succeeded', 'failed', 'cancelled'] as const

/** Who waits, in the order of the queue, each with the reason as a sentence; those at work below. */
export class NbQueueTable extends NbElement {
  static override styles = [
    baseStyles,
    tableStyles,
    css`
      h2 {
        padding: 16px 8px 6px;
      }
      table {
        min-width: 860px;
        table-layout: fixed;
      }
      td .link {
        white-space: normal;
        text-align: start;
        overflow-wrap: anywhere;
      }
      .position {
        width: 48px;
      }
      .by {
        width: 10%;
      }
      .queue {
        width: 8%;
      }
      .asks {
        width: 14%;
      }
      .at {
        width: 9%;
      }
      .starts {
        width: 12%;
      }
      .why {
        width: 27%;
      }
      .help {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 8px;
        margin-top: 2px;
      }
      .whole {
        white-space: nowrap;
      }
      .wide {
        overflow-x: auto;
      }
      :host {
        padding-inline: calc(var(--nb-inset, 12px) - 8px);
      }
      .inset {
        margin: 12px 8px;
      }
    `,
  ]
  #queue = new Remote<ResponseOf<Routes['listQueueEntries']>>(this)

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#queue.reset()
    const read = () => this.#read(host)
    return [...refreshOn(this, host, ['queue'], () => true, read), this.tickWhile(() => this.#queue.value !== null)]
  }

  #read(host: Host): Promise<void> {
    return this.#queue.load(() => host.client.listQueueEntries({ params: { projectId: host.projectId } }))
  }

  override render() {
    const { host, t } = this
    const entries = this.#queue.value?.items ?? null
    const bar = html`<nb-connection-bar .host=${host}></nb-connection-bar>`
    if (entries === null && this.#queue.error !== null) {
      return html`${bar}${retryCard(this.host, this.#queue.error, () => host !== null && this.#read(host))}`
    }
    if (entries === null) return html`<p class="inset muted" role="status">${t.loading}</p>`
    const waiting = entries.filter((entry) => entry.status === 'queued')
    const working = entries.filter((entry) => entry.status !== 'queued')
    const nobody = html`<nb-empty-state
      .host=${host}
      heading=${t.queue.empty}
      text=${t.queue.emptyText}
    ></nb-empty-state>`
    const waitingCount = this.#queue.value?.waitingCount ?? waiting.length
    return html`${bar} ${waiting.length === 0 ? nobody : this.#table(t.queue.queued, waiting, true, waitingCount)}
    ${working.length === 0 ? '' : this.#table(t.queue.running, working, false, working.length)}`
  }

  #table(heading: string, entries: readonly QueueEntry[], waiting: boolean, count: number) {
    const t = this.t.queue
    const number = new Intl.NumberFormat(this.locale)
    const left = count - entries.length
    return html`<h2>${heading} <span class="muted number">${number.format(count)}</span></h2>
      <div class="wide">
        <table aria-label=${heading}>
          <thead>
            <tr>
              <th scope="col" class="number position">${waiting ? t.position : ''}</th>
              <th scope="col">${t.job}</th>
              <th scope="col" class="by">${t.by}</th>
              <th scope="col" class="queue">${t.queue}</th>
              <th scope="col" class="asks">${t.asks}</th>
              <th scope="col" class="at">${t.waiting}</th>
              ${waiting ? html`<th scope="col" class="starts" title=${t.startsHint}>${t.starts}</th>` : nothing}
              <th scope="col" class="why">${waiting ? t.reason : ''}</th>
            </tr>
          </thead>
          <tbody>
            ${entries.map((entry) => this.#row(entry, waiting))}
          </tbody>
        </table>
      </div>
      ${left > 0 ? html`<p class="inset muted">${counted(t.more, left, { n: number.format(left) })}</p>` : nothing}`
  }
  #row(entry: QueueEntry, waiting: boolean) {
    const { t } = this
    const age = formatAge(entry.submittedAt, this.nowMs, t.duration, this.locale)
    return html`<tr>
      <td class="number position">${waiting ? (entry.position ?? '') : ''}</td>
      <td class="job">
        <button class="link" @click=${() => this.host?.openJob(entry.jobId)}>${entry.jobName}</button>
        <span class="muted number">#${entry.jobNumber}</span>
      </td>
      <td class="ellipsis">${entry.submittedBy}</td>
      <td class="ellipsis">${entry.queueName}</td>
      <td>${entry.gpuCount === 0 ? t.device.cpu : this.#gpus(entry, waiting)}</td>
      <td class="muted">${age}</td>
      ${waiting ? html`<td>${this.#starts(entry)}</td>` : nothing}
      <td class="why">${waiting ? html`${entry.message}${this.#help(entry)}` : this.#status(entry.status)}</td>
    </tr>`
  }
  /** What is too long for a line is broken between what it has and what it can have. */
  #gpus({ gpuCount, minGpuCount, maxGpuCount }: QueueEntry, waiting: boolean) {
    const { gpus, gpusOfRange } = this.t.queue
    if (minGpuCount === undefined || maxGpuCount === undefined) return counted(gpus, gpuCount)
    const range = `${minGpuCount}–${maxGpuCount}`
    if (waiting) return html`<span class="whole">${counted(gpus, maxGpuCount, { n: range })}</span>`
    const [had, all] = [fill(gpusOfRange.had, { n: gpuCount }), fill(gpusOfRange.range, { range })]
    return html`<span class="whole">${had}</span><wbr /><span class="whole">${all}</span>`
  }
  #starts({ estimatedStart }: QueueEntry) {
    const { t } = this
    if (estimatedStart === null) return html`<span class="muted">–</span>`
    const [p50 = 0, p90 = 0] = [estimatedStart.p50, estimatedStart.p90].map((at) => Date.parse(at) - this.nowMs)
    if (p90 <= 0) return html`<span class="muted">–</span>`
    const say = (ms: number) => formatDuration(ms, t.duration)
    return p50 < 5000
      ? fill(t.queue.startsSoon, { p90: say(p90) })
      : fill(t.queue.startsIn, { p50: say(p50), p90: say(p90) })
  }
  #help({ jobId, jobNumber, suggestion }: QueueEntry) {
    const { t, host } = this
    if (suggestion === null) return nothing
    const { change, startsNow } = suggestion
    const amend = () => host !== null && void amendJob(host, { id: jobId, number: jobNumber }, change)
    return html`<div class="help">
      <span class="muted">${suggestion.message}</span>
      ${
        host?.can('editor') === true
          ? html`<button class="link" @click=${amend}>${startsNow ? t.amend.start : t.amend.only}</button>`
          : nothing
      }
    </div>`
  }
  #status(text: string) {
    const status = knownStatuses.find((known) => known === text)
    if (status === undefined) return text
    return html`<nb-status-badge .host=${this.host} .status=${status}></nb-status-badge>`
  }
}

/** Register the element. */
export const defineQueueTable = (): void => defineElement('nb-queue-table', NbQueueTable)

declare global {
  interface HTMLElementTagNameMap {
    'nb-queue-table': NbQueueTable
  }
}
