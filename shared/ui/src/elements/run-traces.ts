import { css, html, nothing } from 'lit'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import type { NbEvents } from './events.js'
import { baseStyles } from './styles.js'

/** The traces of a run. A face without pages of traces shows the chosen one in the place of the list. */
export class NbRunTraces extends NbElement {
  static override properties = { runId: { type: String }, chosen: { state: true } }
  static override styles = [
    baseStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        height: 100%;
        overflow: auto;
      }
      .back {
        padding: 10px 20px 0;
      }
      nb-trace-page {
        flex: 1;
        min-height: 0;
      }
    `,
  ]
  declare runId: string
  declare private chosen: string | null

  constructor() {
    super()
    this.runId = ''
    this.chosen = null
  }

  #open(traceId: string): void {
    if (this.host?.openTrace === undefined) this.chosen = traceId
    else this.host.openTrace(traceId)
  }

  override render() {
    const { host, t } = this
    if (host === null || this.runId === '') return nothing
    if (this.chosen === null)
      return html`<nb-trace-list
        .host=${host}
        .runId=${this.runId}
        @nb-trace=${(event: CustomEvent<NbEvents['nb-trace']>) => this.#open(event.detail.traceId)}
      ></nb-trace-list>`
    return html`<div class="back">
        <button class="link" @click=${() => (this.chosen = null)}>${t.traces.all}</button>
      </div>
      <nb-trace-page .host=${host} .traceId=${this.chosen}></nb-trace-page>`
  }
}

/** Register the element. */
export const defineRunTraces = (): void => defineElement('nb-run-traces', NbRunTraces)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-traces': NbRunTraces
  }
}
