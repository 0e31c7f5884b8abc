import { css, html, nothing } from 'lit'
import type { Trace, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge, formatInstant } from '../format/age.js'
import { formatMicros } from '../format/micros.js'
import { formatCount } from '../format/number.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import type { NbEvents } from './events.js'
import { icons } from './icons.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'
import { traceState } from './trace-state.js'
import { traceStyles } from './trace-styles.js'

/** One trace: where it stands, its spans as a tree on a line of time, and beside it what the chosen span says. */
export class NbTracePage extends NbElement {
  static override properties = { traceId: { type: String }, spanId: { state: true } }
  static override restartOn = ['host', 'traceId']
  static override styles = [
    ...traceStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        height: 100%;
        min-height: 320px;
        background: var(--nb-bg);
      }
      .top {
        flex: none;
        padding: 14px var(--nb-inset, 20px) 10px;
        border-bottom: 1px solid var(--nb-border);
      }
      .parts {
        flex: 1;
        min-height: 0;
        display: grid;
        grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
      }
      .parts > * {
        min-width: 0;
        min-height: 0;
      }
      nb-trace-span {
        border-inline-start: 1px solid var(--nb-border);
      }
      @container (max-width: 860px) {
        .parts {
          grid-template-columns: minmax(0, 1fr);
          grid-template-rows: minmax(140px, 2fr) minmax(0, 3fr);
        }
        nb-trace-span {
          border-inline-start: 0;
          border-top: 1px solid var(--nb-border);
        }
      }
    `,
  ]
  declare traceId: string
  declare private spanId: string
  #trace = new Remote<Trace>(this)

  constructor() {
    super()
    this.traceId = ''
    this.spanId = ''
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#trace.reset()
    this.spanId = ''
    const running = () => this.#trace.value === null || this.#trace.value.state === 'IN_PROGRESS'
    return [
      ...refreshOn(
        this,
        host,
        ['traces'],
        () => false,
        () => (running() ? this.#read(host) : Promise.resolve()),
      ),
      this.tickWhile(() => true),
    ]
  }
  #read(host: Host): Promise<void> {
    const params = { projectId: host.projectId, traceId: this.traceId }
    return this.#trace.load(() => host.client.getTrace({ params }))
  }

  override render() {
    const { host, t } = this
    if (host === null) return nothing
    const { value: trace, error } = this.#trace
    const bar = html`<nb-connection-bar .host=${host}></nb-connection-bar>`
    if (trace === null && error !== null) return html`${bar}${retryCard(this.host, error, () => this.#read(host))}`
    if (trace === null)
      return html`${bar}
        <p class="inset muted" role="status">${t.loading}</p>`
    return html`${bar}
      <div class="top">${this.#title(host, trace)}${this.#facts(host, trace)}</div>
      <div class="parts">
        <nb-trace-tree
          .host=${host}
          .traceId=${trace.id}
          .wholeUs=${trace.spanUs}
          @nb-span=${(event: CustomEvent<NbEvents['nb-span']>) => (this.spanId = event.detail.spanId)}
        ></nb-trace-tree>
        <nb-trace-span .host=${host} .trace=${trace} .spanId=${this.spanId}></nb-trace-span>
      </div>`
  }

  #title(host: Host, { id, name }: Trace) {
    const { t } = this
    const copy = async () => {
      await host.copyText(id)
      host.notify(t.action.copied, 'information')
    }
    return html`<div class="title">
      <h1>${name ?? t.traces.unnamed}</h1>
      <button class="quiet muted" title=${t.traces.copyId} aria-label=${t.traces.copyId} @click=${() => void copy()}>
        ${icons.copy}
      </button>
    </div>`
  }

  #facts(host: Host, trace: Trace) {
    const { t } = this
    const { durationMs, spanCount, failedSpanCount, totalTokens, session, user, startedAt, runIds } = trace
    return html`<div class="line">
      ${traceState(trace.state, t)}
      ${durationMs === null ? nothing : html`<span class="number">${formatMicros(durationMs * 1000, t.duration)}</span>`}
      <span class="number">${counted(t.traces.spanCount, spanCount, { n: formatCount(spanCount) })}</span>
      ${failedSpanCount === 0 ? nothing : html`<span class="number">${counted(t.traces.failedCount, failedSpanCount)}</span>`}
      ${totalTokens === null ? nothing : html`<span class="number">${fill(t.traces.tokenCount, { n: formatCount(totalTokens) })}</span>`}
      <span class="muted" title=${formatInstant(startedAt, this.locale)}>
        ${formatAge(startedAt, this.nowMs, t.duration, this.locale)}
      </span>
      ${user === null ? nothing : html`<span class="muted">${user}</span>`}
      ${session === null ? nothing : html`<span class="muted">${fill(t.traces.session, { session })}</span>`}
      ${runIds
        .filter((runId) => /^[0-9a-f]{32}$/.test(runId))
        .map(
          (runId) =>
            html`<button class="link" @click=${() => host.openRun(runId)}>
              ${fill(t.traces.run, { run: runId.slice(-8) })}
            </button>`,
        )}
    </div>`
  }
}

/** Register the element. */
export const defineTracePage = (): void => defineElement('nb-trace-page', NbTracePage)

declare global {
  interface HTMLElementTagNameMap {
    'nb-trace-page': NbTracePage
  }
}
