import { css, html, nothing } from 'lit'
import type { TraceState, TraceSummary, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge, formatInstant } from '../format/age.js'
import { formatMicros } from '../format/micros.js'
import { formatCount } from '../format/number.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'
import { traceState } from './trace-state.js'
import { traceStyles } from './trace-styles.js'

interface Pages {
  readonly items: readonly TraceSummary[]
  readonly nextCursor: string | null
}

const [pageSize, mostAtOnce] = [50, 500]
const typingPauseMs = 200
const states: readonly TraceState[] = ['OK', 'ERROR', 'IN_PROGRESS']

/** What makes a first trace, in words that can be copied. */
const example = `@mlflow.trace
def answer(question):
    return "…"

answer("Hello?")`

/** The traces of a project, an experiment or a run, newest first. A trace that is chosen is told as `nb-trace`. */
export class NbTraceList extends NbElement {
  static override properties = {
    experimentId: { type: String },
    runId: { type: String },
    search: { state: true },
    wanted: { state: true },
  }
  static override restartOn = ['host', 'experimentId', 'runId']
  static override styles = [
    ...traceStyles,
    css`
      .page {
        padding-top: 0;
      }
      .bar {
        padding: 10px 0;
      }
      .bar input[type='search'] {
        width: 40ch;
        max-width: 100%;
      }
      /* Texts of any length share what the others leave, a line each. */
      td.text {
        width: 28%;
        max-width: 0;
      }
      td.name {
        width: 22%;
      }
      td.name button {
        max-width: 100%;
      }
      @container (max-width: 560px) {
        td.name {
          width: 100%;
        }
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
  declare experimentId: string | null
  declare runId: string | null
  declare private search: string
  declare private wanted: TraceState | null
  #traces = new Remote<Pages>(this)
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.experimentId = null
    this.runId = null
    this.search = ''
    this.wanted = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#traces.reset()
    return [
      ...refreshOn(
        this,
        host,
        ['traces'],
        () => false,
        () => this.#read(host),
      ),
      this.tickWhile(() => true),
      () => clearTimeout(this.#typing),
    ]
  }

  #query(limit: number) {
    const { experimentId, runId, search, wanted } = this
    return {
      limit,
      search,
      ...(experimentId === null ? {} : { experimentId }),
      ...(runId === null ? {} : { runId }),
      ...(wanted === null ? {} : { state: wanted }),
    }
  }
  #read(host: Host): Promise<void> {
    return this.#traces.load(() => {
      const limit = Math.min(mostAtOnce, Math.max(pageSize, this.#traces.value?.items.length ?? 0))
      return host.client.listTraces({ params: { projectId: host.projectId }, query: this.#query(limit) })
    })
  }
  async #more(host: Host): Promise<void> {
    const known = this.#traces.value
    if (known?.nextCursor === undefined || known.nextCursor === null) return
    const query = { ...this.#query(pageSize), cursor: known.nextCursor }
    await this.#traces.load(async () => {
      const next = await host.client.listTraces({ params: { projectId: host.projectId }, query })
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
  #choose(event: Event, host: Host): void {
    const { value } = event.currentTarget as HTMLSelectElement
    this.wanted = states.find((state) => state === value) ?? null
    void this.#read(host)
  }

  override render() {
    const { host, t } = this
    if (host === null) return nothing
    const { value, error } = this.#traces
    if (value === null && error !== null) return retryCard(this.host, error, () => this.#read(host))
    if (value === null) return html`<p class="inset muted" role="status">${t.loading}</p>`
    if (value.items.length === 0 && this.search === '' && this.wanted === null) return this.#empty(host)
    return html`<div class="page">
      ${this.#bar(host)}
      ${value.items.length === 0 ? html`<p class="muted" role="status">${t.traces.none}</p>` : this.#table(value.items)}
      ${
        value.nextCursor === null
          ? nothing
          : html`<button class="more" @click=${() => void this.#more(host)}>${t.traces.loadMore}</button>`
      }
    </div>`
  }

  #empty(host: Host) {
    const { t } = this
    return html`<nb-empty-state
      .host=${host}
      heading=${t.traces.emptyHeading}
      text=${t.traces.emptyText}
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

  #bar(host: Host) {
    const { traces: t } = this.t
    return html`<div class="bar">
      <input
        type="search"
        .value=${this.search}
        placeholder=${t.search}
        aria-label=${t.search}
        @input=${(event: Event) => this.#type(event)}
      />
      <select aria-label=${t.stateLabel} @change=${(event: Event) => this.#choose(event, host)}>
        <option value="" ?selected=${this.wanted === null}>${t.anyState}</option>
        ${states.map(
          (state) => html`<option value=${state} ?selected=${state === this.wanted}>${t.state[state]}</option>`,
        )}
      </select>
    </div>`
  }

  #table(traces: readonly TraceSummary[]) {
    const { traces: t } = this.t
    return html`<div class="wide">
      <table aria-label=${t.label}>
        <thead>
          <tr>
            <th scope="col">${t.name}</th>
            <th scope="col">${t.stateLabel}</th>
            <th scope="col" class="number">${t.took}</th>
            <th scope="col" class="optional">${t.request}</th>
            <th scope="col" class="optional">${t.response}</th>
            <th scope="col" class="number optional">${t.tokens}</th>
            <th scope="col" class="number optional">${t.feedback}</th>
            <th scope="col">${t.started}</th>
          </tr>
        </thead>
        <tbody>
          ${traces.map((trace) => this.#row(trace))}
        </tbody>
      </table>
    </div>`
  }
  /** What a list knows of a time is whole milliseconds. */
  #took(durationMs: number): string {
    const { traces, duration } = this.t
    return durationMs === 0
      ? fill(traces.under, { time: formatMicros(1000, duration) })
      : formatMicros(durationMs * 1000, duration)
  }
  #row(trace: TraceSummary) {
    const { t } = this
    const { name, durationMs, requestPreview, responsePreview, totalTokens, assessmentCount, startedAt } = trace
    return html`<tr>
      <td class="name text steady">
        <button class="link ellipsis" title=${name ?? ''} @click=${() => emit(this, 'nb-trace', { traceId: trace.id })}>
          ${name ?? t.traces.unnamed}
        </button>
      </td>
      <td class="steady">${traceState(trace.state, t)}</td>
      <td class="number">${durationMs === null ? '–' : this.#took(durationMs)}</td>
      <td class="text optional muted">
        <div class="ellipsis" title=${requestPreview ?? ''}>${requestPreview ?? ''}</div>
      </td>
      <td class="text optional muted">
        <div class="ellipsis" title=${responsePreview ?? ''}>${responsePreview ?? ''}</div>
      </td>
      <td class="number optional muted">${totalTokens === null ? '' : formatCount(totalTokens)}</td>
      <td class="number optional muted">${assessmentCount === 0 ? '' : formatCount(assessmentCount)}</td>
      <td class="steady muted" title=${formatInstant(startedAt, this.locale)}>
        ${formatAge(startedAt, this.nowMs, t.duration, this.locale)}
      </td>
    </tr>`
  }
}

/** Register the element. */
export const defineTraceList = (): void => defineElement('nb-trace-list', NbTraceList)

declare global {
  interface HTMLElementTagNameMap {
    'nb-trace-list': NbTraceList
  }
}
