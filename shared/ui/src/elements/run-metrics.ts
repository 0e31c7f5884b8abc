import { css, html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Run } from '@novabrain/contracts'
import { breakable } from '../format/breakable.js'
import { formatMetric } from '../format/number.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { panelStyles } from './run-page-styles.js'

/** The second tab of a run: a chart for each metric; those out of view cost nothing. */
export class NbRunMetrics extends NbElement {
  static override properties = { run: { attribute: false }, active: { type: Boolean }, filter: { state: true } }
  static override styles = [
    ...panelStyles,
    css`
      .charts {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(360px, 100%), 1fr));
        gap: 22px 28px;
      }
      .charts:not(:empty) + .single {
        margin-top: 24px;
      }
      .tiles {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(170px, 100%), 1fr));
        gap: 10px;
      }
      .tiles > div {
        display: flex;
        flex-direction: column;
        justify-content: space-between;
        padding: 8px 12px;
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
      }
      .tiles dt {
        color: var(--nb-fg-muted);
        overflow-wrap: break-word;
      }
      .tiles dd {
        font-size: 1.35em;
      }
    `,
  ]
  declare run: Run | null
  declare active: boolean
  declare private filter: string
  constructor() {
    super()
    this.run = null
    this.active = false
    this.filter = ''
  }
  override render() {
    const { run, t, host } = this
    if (run === null || run.metrics.length === 0)
      return html`<nb-empty-state .host=${host} heading=${t.noMetrics} text=${t.noMetricsText}></nb-empty-state>`
    const wanted = run.metrics.filter((metric) => metric.key.toLowerCase().includes(this.filter))
    const curves = wanted.filter((metric) => metric.pointCount > 1)
    const single = wanted.filter((metric) => metric.pointCount <= 1)
    const type = (event: Event) => (this.filter = (event.currentTarget as HTMLInputElement).value.toLowerCase())
    const search = html`<div class="bar">
      <input type="search" placeholder=${t.filterMetrics} aria-label=${t.filterMetrics} @input=${type} />
    </div>`
    return html`${run.metrics.length > 6 ? search : nothing}
      <div class="charts">
        ${repeat(
          curves,
          ({ key }) => key,
          ({ key }) =>
            html`<nb-metric-chart
              .host=${host}
              .runId=${run.id}
              .metricKey=${key}
              ?active=${this.active}
            ></nb-metric-chart>`,
        )}
      </div>
      ${single.length === 0 ? nothing : this.#single(single)}`
  }
  /** One number is no curve: it is shown as a number. */
  #single(metrics: Run['metrics']) {
    const { t } = this
    return html`<section class="single">
      <h2>${t.singleValues}</h2>
      <dl class="tiles">
        ${metrics.map(
          ({ key, value }) =>
            html`<div>
              <dt class="mono">${breakable(key)}</dt>
              <dd class="number">${formatMetric(value)}</dd>
            </div>`,
        )}
      </dl>
    </section>`
  }
}

/** Register the element. */
export const defineRunMetrics = (): void => defineElement('nb-run-metrics', NbRunMetrics)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-metrics': NbRunMetrics
  }
}
