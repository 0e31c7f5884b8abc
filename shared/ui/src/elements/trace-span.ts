import { css, html, nothing, type TemplateResult } from 'lit'
import type { Assessment, SpanDetail, Trace, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatInstant } from '../format/age.js'
import { cardErrorOf } from '../format/error.js'
import { formatMicros } from '../format/micros.js'
import { formatCount } from '../format/number.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { Remote } from './remote.js'
import { traceState } from './trace-state.js'
import { traceStyles } from './trace-styles.js'

/** Tags by which programs find files; nobody reads them. */
const ofMachines: readonly string[] = ['mlflow.artifactLocation', 'mlflow.trace.spansLocation']
/** A value is drawn up to here; the rest on demand, since a text of megabytes makes a page stand still. */
const shownLength = 8000

/** What a span says: its inputs and outputs, what was said of it, its attributes and events; the root tells of the whole. */
export class NbTraceSpan extends NbElement {
  static override properties = {
    trace: { attribute: false },
    spanId: { type: String },
    unfolded: { state: true },
  }
  static override restartOn = ['host', 'spanId']
  static override styles = [
    ...traceStyles,
    css`
      :host {
        padding: 12px var(--nb-inset, 20px) 24px;
        overflow: auto;
      }
      h2.name {
        padding: 0;
        font-size: 1.1em;
        overflow-wrap: anywhere;
      }
      h3 {
        display: flex;
        align-items: center;
        gap: 6px;
        min-height: 28px;
        font-size: 1em;
        font-weight: 600;
      }
      h3 button {
        margin-inline-start: auto;
      }
      section {
        margin-top: 14px;
      }
      pre.text {
        max-height: 360px;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .failed {
        color: var(--nb-bad);
        overflow-wrap: anywhere;
      }
      .judged {
        display: grid;
        gap: 8px;
      }
      .judgement {
        padding: 8px 10px;
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
      }
      .judgement.replaced {
        opacity: 0.65;
      }
      .judgement .value {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      td.key {
        width: 36%;
      }
      dl.events {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 4px 12px;
      }
    `,
  ]
  declare trace: Trace | null
  declare spanId: string
  declare private unfolded: ReadonlySet<string>
  #span = new Remote<SpanDetail>(this)

  constructor() {
    super()
    this.trace = null
    this.spanId = ''
    this.unfolded = new Set()
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#span.reset()
    this.unfolded = new Set()
    this.#read(host)
    return []
  }
  #read(host: Host): void {
    const { trace, spanId } = this
    if (trace === null || spanId === '') return
    const params = { projectId: host.projectId, traceId: trace.id, spanId }
    void this.#span.load(() => host.client.getSpan({ params }))
  }

  override render() {
    const { host, t, trace } = this
    if (host === null || trace === null) return nothing
    const { value: span, error } = this.#span
    if (span === null && error !== null)
      return html`<nb-error-card
        .host=${host}
        .error=${cardErrorOf(error, this.locale)}
        action=${t.action.retry}
        @nb-activate=${() => this.#read(host)}
      ></nb-error-card>`
    if (span === null)
      return html`<p class="muted" role="status">${this.spanId === '' ? t.traces.noSpans : t.loading}</p>`
    return html`${this.#head(span)} ${this.#value('inputs', t.traces.inputs, span.inputs)}
    ${this.#value('outputs', t.traces.outputs, span.outputs)} ${this.#judgements(span, trace)}
    ${this.#attributes(t.traces.attributes, span.attributes)} ${this.#events(span)}
    ${span.parentId === null ? this.#ofTrace(trace) : nothing}`
  }

  #head(span: SpanDetail) {
    const { t } = this
    return html`<h2 class="name">${span.name}</h2>
      <div class="line">
        ${traceState(span.status, t)} ${span.type === null ? nothing : html`<span class="tag">${span.type}</span>`}
        <span class="number">
          ${span.durationUs === null ? t.traces.running : formatMicros(span.durationUs, t.duration)}
        </span>
        ${
          span.startUs === 0
            ? nothing
            : html`<span class="muted number">
                ${fill(t.traces.after, { time: formatMicros(span.startUs, t.duration) })}
              </span>`
        }
      </div>
      ${span.statusMessage === null ? nothing : html`<p class="failed">${span.statusMessage}</p>`}`
  }

  #section(title: string, body: TemplateResult, button: TemplateResult | typeof nothing = nothing) {
    return html`<section>
      <h3>${title} ${button}</h3>
      ${body}
    </section>`
  }

  #value(key: string, title: string, given: { readonly value: unknown } | null) {
    if (given === null) return nothing
    const text = readable(given.value)
    return this.#section(title, this.#text(key, text), this.#copyButton(title, text))
  }
  #text(key: string, text: string) {
    const { t } = this
    if (text.length <= shownLength || this.unfolded.has(key)) return html`<pre class="text" tabindex="0">${text}</pre>`
    const unfold = () => (this.unfolded = new Set([...this.unfolded, key]))
    return html`<pre class="text" tabindex="0">${text.slice(0, shownLength)}…</pre>
      <button class="link" @click=${unfold}>${fill(t.traces.unfold, { n: formatCount(text.length) })}</button>`
  }
  #copyButton(title: string, text: string) {
    const { host, t } = this
    const copy = async () => {
      await host?.copyText(text)
      host?.notify(t.action.copied, 'information')
    }
    return html`<button
      class="quiet"
      title=${t.action.copy}
      aria-label="${t.action.copy}: ${title}"
      @click=${() => void copy()}
    >
      ${icons.copy}
    </button>`
  }

  /** What was said of this span; at the root also what was said of the whole. */
  #judgements(span: SpanDetail, trace: Trace) {
    const { t } = this
    const mine = trace.assessments.filter(
      ({ spanId }) => spanId === span.id || (spanId === null && span.parentId === null),
    )
    if (mine.length === 0) return nothing
    return this.#section(
      t.traces.feedback,
      html`<div class="judged">${mine.map((each) => this.#judgement(each))}</div>`,
    )
  }
  #judgement(assessment: Assessment) {
    const { t } = this
    const { name, kind, value, error, rationale, source, valid, updatedAt } = assessment
    const by = source.id === null || source.id === 'default' ? sourceWord(source.type, t.traces.source) : source.id
    return html`<div class="judgement ${valid ? '' : 'replaced'}">
      <div class="line">
        <span>${name}</span><span class="value">${error === null ? readable(value) : ''}</span>
        <span class="tag">${t.traces.kind[kind]}</span>
        ${valid ? nothing : html`<span class="tag">${t.traces.replaced}</span>`}
      </div>
      ${error === null ? nothing : html`<p class="failed">${error}</p>`}
      ${rationale === null ? nothing : html`<p>${rationale}</p>`}
      <p class="muted">${by} · ${formatInstant(updatedAt, this.locale)}</p>
    </div>`
  }

  #attributes(title: string, attributes: SpanDetail['attributes']) {
    if (attributes.length === 0) return nothing
    return this.#section(
      title,
      html`<table aria-label=${title}>
        <tbody>
          ${attributes.map(
            ({ key, value }) =>
              html`<tr>
                <td class="key muted">${key}</td>
                <td>${this.#short(`attribute ${key}`, readable(value))}</td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )
  }
  /** A value in a line of a table: short ones as they are, long ones as text of their own. */
  #short(key: string, text: string) {
    return text.length <= 200 && !text.includes('\n') ? text : this.#text(key, text)
  }

  #events(span: SpanDetail) {
    const { t } = this
    if (span.events.length === 0) return nothing
    return this.#section(
      t.traces.events,
      html`${span.events.map(
        (event, index) =>
          html`<div>
            <div class="line">
              <strong>${event.name}</strong>
              <span class="muted number"
                >${fill(t.traces.after, { time: formatMicros(event.startUs, t.duration) })}</span
              >
            </div>
            ${
              event.attributes.length === 0
                ? nothing
                : html`<table aria-label=${event.name}>
                    <tbody>
                      ${event.attributes.map(
                        ({ key, value }) =>
                          html`<tr>
                            <td class="key muted">${key}</td>
                            <td>${this.#short(`event ${String(index)} ${key}`, readable(value))}</td>
                          </tr>`,
                      )}
                    </tbody>
                  </table>`
            }
          </div>`,
      )}`,
    )
  }

  #ofTrace(trace: Trace) {
    const { t } = this
    const shown = trace.metadata.filter(({ key }) => !key.startsWith('mlflow.trace'))
    const tags = trace.tags.filter(({ key }) => !ofMachines.includes(key))
    return html`${this.#attributes(t.traces.tags, tags)} ${this.#attributes(t.traces.metadata, shown)}`
  }
}

const sourceWord = (type: string, words: Readonly<Record<string, string>>): string => words[type] ?? type

/** A value as people read it: texts as they are, everything else as indented JSON. */
const readable = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')

/** Register the element. */
export const defineTraceSpan = (): void => defineElement('nb-trace-span', NbTraceSpan)

declare global {
  interface HTMLElementTagNameMap {
    'nb-trace-span': NbTraceSpan
  }
}
