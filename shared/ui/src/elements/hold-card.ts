import { css, html, nothing } from 'lit'
import type { Explanation, Job, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatDuration } from '../format/duration.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { baseStyles } from './styles.js'

/** Why a job waits, where it stands, when it may start, and the smallest change that would start it. */
export class NbHoldCard extends NbElement {
  static override properties = { job: { attribute: false }, explanation: { attribute: false } }
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
      .help {
        margin-top: 8px;
      }
    `,
  ]
  declare job: Job | null
  declare explanation: Explanation | null
  constructor() {
    super()
    this.job = null
    this.explanation = null
  }
  protected override start(_host: Host): readonly Unsubscribe[] {
    return [this.tickWhile(() => this.explanation !== null)]
  }
  override render() {
    const { explanation, t } = this
    if (this.job?.status !== 'queued' || explanation === null) return nothing
    const { position, message, suggestion } = explanation
    const place = position === null ? '' : ` · ${fill(t.position, { position })}`
    return html`<div class="card" role="status">
      <h2>${t.whyWaiting}${place}</h2>
      <p>${message}</p>
      ${this.#start(explanation)}
      ${
        suggestion === null
          ? nothing
          : html`<p class="help"><span class="muted">${t.whatWouldHelp}</span> ${suggestion.message}</p>`
      }
    </div>`
  }
  #start({ estimatedStart }: Explanation) {
    if (estimatedStart === null) return nothing
    const { t } = this
    const [p50, p90] = [estimatedStart.p50, estimatedStart.p90].map((at) => Date.parse(at) - this.nowMs)
    if (p50 === undefined || p90 === undefined || p90 <= 0) return nothing
    const say = (ms: number) => formatDuration(ms, t.duration)
    const text =
      p50 < 5000 ? fill(t.estimatedSoon, { p90: say(p90) }) : fill(t.estimatedStart, { p50: say(p50), p90: say(p90) })
    return html`<p class="muted">${text}</p>`
  }
}

/** Register the element. */
export const defineHoldCard = (): void => defineElement('nb-hold-card', NbHoldCard)

declare global {
  interface HTMLElementTagNameMap {
    'nb-hold-card': NbHoldCard
  }
}
