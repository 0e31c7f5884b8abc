import { css, html, nothing } from 'lit'
import { createJobFeed, jobEnded, type Job, type JobFeed, type Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatSubmitter } from '../format/submitter.js'
import { formatAge } from '../format/age.js'
import { durationBetween, formatDuration } from '../format/duration.js'
import { formatJobDevice, isSimulated } from '../format/resources.js'
import { verdictOf, verdictSentence } from '../format/verdict.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { retryCard } from './retry-card.js'
import { baseStyles, tableStyles } from './styles.js'

const filters = ['all', 'active', 'ended'] as const
/** So many rows are drawn; more appear as one asks for them. */
const rowsAtOnce = 200

/** Jobs as requests for compute: who asked, for what, from which queue, how long it took and how it ended. */
export class NbJobTable extends NbElement {
  static override properties = {
    feed: { attribute: false },
    filter: { state: true },
    shown: { state: true },
  }
  static override restartOn = ['host', 'feed']
  static override styles = [
    baseStyles,
    tableStyles,
    css`
      .bar {
        display: flex;
        gap: 4px;
        padding: 10px 8px;
      }
      .bar button[aria-pressed='true'] {
        border-color: var(--nb-accent);
        color: var(--nb-accent);
      }
      .wide {
        overflow-x: auto;
      }
      table {
        min-width: 900px;
        table-layout: fixed;
      }
      .id {
        width: 64px;
      }
      .status {
        width: 116px;
      }
      .small {
        width: 11%;
      }
      .name {
        width: 26%;
      }
      :host {
        padding-inline: calc(var(--nb-inset, 12px) - 8px);
      }
      .more,
      .inset {
        margin: 12px 8px;
      }
    `,
  ]
  declare feed: JobFeed | null
  declare private filter: (typeof filters)[number]
  declare private shown: number
  #own: JobFeed | null = null
  constructor() {
    super()
    this.feed = null
    this.filter = 'all'
    this.shown = rowsAtOnce
  }
  get #jobs(): JobFeed | null {
    return this.feed ?? this.#own
  }
  protected override start(host: Host): readonly Unsubscribe[] {
    if (this.feed === null)
      this.#own = createJobFeed({ client: host.client, projectId: host.projectId, events: host.events })
    return [
      this.#jobs?.subscribe(() => this.requestUpdate()) ?? (() => undefined),
      this.tickWhile(() => true),
      () => {
        this.#own?.dispose()
        this.#own = null
      },
    ]
  }

  override render() {
    const { host, t } = this
    const state = this.#jobs?.state
    const bar = html`<nb-connection-bar .host=${host}></nb-connection-bar>`
    if (state === undefined || state.status === 'loading')
      return html`${bar}
        <p class="inset muted" role="status">${t.loading}</p>`
    if (state.status === 'failed') return html`${bar}${retryCard(this.host, state.error, () => this.#jobs?.reload())}`
    const all = [...state.view.jobs.values()].sort((a, b) => b.number - a.number)
    if (all.length === 0)
      return html`${bar}<nb-empty-state
          .host=${host}
          heading=${t.jobs.empty}
          text=${t.jobs.emptyText}
        ></nb-empty-state>`
    const jobs = all.filter((job) => this.filter === 'all' || jobEnded(job.status) === (this.filter === 'ended'))
    const more = state.more || jobs.length > this.shown
    return html`${bar} ${this.#filters()} ${this.#table(jobs.slice(0, this.shown))}
    ${
      more && this.filter !== 'active'
        ? html`<button class="more" @click=${() => void this.#more()}>${t.jobs.loadMore}</button>`
        : nothing
    }`
  }
  async #more(): Promise<void> {
    this.shown += rowsAtOnce
    await this.#jobs?.loadMore()
  }
  #filters() {
    const t = this.t.jobs
    return html`<div class="bar" role="group" aria-label=${t.status}>
      ${filters.map(
        (filter) =>
          html`<button aria-pressed=${this.filter === filter} @click=${() => (this.filter = filter)}>
            ${t[filter]}
          </button>`,
      )}
    </div>`
  }
  #table(jobs: readonly Job[]) {
    const { t } = this
    if (jobs.length === 0) return html`<p class="inset muted">${t.jobs.none}</p>`
    return html`<div class="wide">
      <table aria-label=${t.jobs.label}>
        <thead>
          <tr>
            <th scope="col" class="number id">${t.jobs.number}</th>
            <th scope="col" class="status">${t.jobs.status}</th>
            <th scope="col" class="name">${t.jobs.name}</th>
            <th scope="col">${t.facts.device}</th>
            <th scope="col" class="small">${t.facts.submittedBy}</th>
            <th scope="col" class="small">${t.facts.queue}</th>
            <th scope="col" class="small">${t.facts.duration}</th>
            <th scope="col" class="small">${t.facts.submittedAt}</th>
          </tr>
        </thead>
        <tbody>
          ${jobs.map((job) => this.#row(job))}
        </tbody>
      </table>
    </div>`
  }
  #row(job: Job) {
    const { t, host } = this
    const took = durationBetween(job.startedAt, job.endedAt, this.nowMs)
    const verdict = verdictOf(job)
    const tag = html` <span class="tag" title=${t.device.simulatedHint}>${t.device.simulated}</span>`
    return html`<tr>
      <td class="number muted">${job.number}</td>
      <td><nb-status-badge .host=${host} .status=${job.status}></nb-status-badge></td>
      <td>
        <button class="link ellipsis" title=${job.name} @click=${() => host?.openJob(job.id)}>${job.name}</button>
        ${
          verdict === null || job.status !== 'failed'
            ? nothing
            : html`<span class="muted">${verdictSentence(verdict, t)}</span>`
        }
      </td>
      <td>${formatJobDevice(job, t.device)}${isSimulated(job.attempt) ? tag : nothing}</td>
      <td class="ellipsis">${formatSubmitter(job, t)}</td>
      <td class="ellipsis">${job.queueName}</td>
      <td class="number">${took === null ? '' : formatDuration(took, t.duration)}</td>
      <td class="muted">${formatAge(job.submittedAt, this.nowMs, t.duration, this.locale)}</td>
    </tr>`
  }
}

/** Register the element. */
export const defineJobTable = (): void => defineElement('nb-job-table', NbJobTable)

declare global {
  interface HTMLElementTagNameMap {
    'nb-job-table': NbJobTable
  }
}
