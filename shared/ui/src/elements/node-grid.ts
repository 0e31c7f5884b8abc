import { css, html, nothing } from 'lit'
import type { Device, Node, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge } from '../format/age.js'
import { formatMib } from '../format/bytes.js'
import { formatModel } from '../format/resources.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'
import { baseStyles } from './styles.js'

/** Nodes and their devices: what is free, who holds the rest, and which devices are only simulated. */
export class NbNodeGrid extends NbElement {
  static override styles = [
    baseStyles,
    css`
      section {
        margin: 12px var(--nb-inset, 12px);
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 2px 14px;
        padding: 8px 12px;
        border-bottom: 1px solid var(--nb-border);
        background: var(--nb-bg-raised);
      }
      .lost h2 {
        color: var(--nb-bad);
      }
      .end {
        margin-inline-start: auto;
      }
      .devices {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(220px, 100%), 1fr));
        list-style: none;
      }
      li {
        display: grid;
        align-content: start;
        gap: 3px;
        padding: 10px 12px;
        box-shadow: 1px 1px 0 var(--nb-border);
      }
      .devices {
        overflow: hidden;
      }
      .line {
        display: flex;
        align-items: baseline;
        gap: 8px;
      }
      .line .tag {
        margin-inline-start: auto;
      }
      .bar {
        display: flex;
        height: 6px;
        border-radius: 3px;
        background: var(--nb-bg-hover);
        overflow: hidden;
      }
      .used {
        background: var(--nb-accent);
        border-inline-end: 1px solid var(--nb-bg);
      }
      @media (forced-colors: active) {
        .bar {
          forced-color-adjust: none;
          border: 1px solid CanvasText;
        }
        .used {
          background: Highlight;
        }
      }
      .holder {
        white-space: nowrap;
        display: flex;
        gap: 6px;
        min-width: 0;
      }
      .note {
        padding: 10px 12px;
      }
      .inset {
        margin: 12px;
      }
    `,
  ]
  #nodes = new Remote<readonly Node[]>(this)

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#nodes.reset()
    const read = () => this.#read(host)
    const concerns = (event: { type: string }) => event.type === 'nodes_changed' || event.type === 'job_changed'
    return [...refreshOn(this, host, [], concerns, read), this.tickWhile(() => this.#nodes.value !== null)]
  }

  #read(host: Host): Promise<void> {
    return this.#nodes.load(async () => (await host.client.listNodes()).items)
  }

  override render() {
    const { host, t } = this
    const nodes = this.#nodes.value
    const bar = html`<nb-connection-bar .host=${host}></nb-connection-bar>`
    if (nodes === null && this.#nodes.error !== null) {
      return html`${bar}${retryCard(this.host, this.#nodes.error, () => host !== null && this.#read(host))}`
    }
    if (nodes === null) return html`<p class="inset muted" role="status">${t.loading}</p>`
    if (nodes.length === 0)
      return html`${bar}<nb-empty-state
          .host=${host}
          heading=${t.nodes.empty}
          text=${t.nodes.emptyText}
        ></nb-empty-state>`
    return html`${bar}${nodes.map((node) => this.#node(node))}`
  }

  #node(node: Node) {
    const t = this.t.nodes
    const gpus = node.devices.filter((device) => device.kind === 'gpu')
    const age = formatAge(node.lastSeenAt, this.nowMs, this.t.duration, this.locale)
    return html`<section class=${node.state} aria-label=${node.name}>
      <header>
        <h2>${node.name}</h2>
        <span>${t.state[node.state]}</span>
        <span class="muted">${t.executor[node.executor]}</span>
        ${node.state === 'lost' ? nothing : this.#free(node, gpus)}
        <span class="muted end">${node.state === 'ready' ? nothing : fill(t.lastSeen, { age })}</span>
      </header>
      ${
        gpus.length === 0
          ? html`<p class="note muted">${t.noDevices}</p>`
          : html`<ul class="devices">
              ${gpus.map((device) => this.#device(device, node.state === 'lost'))}
            </ul>`
      }
    </section>`
  }

  /** What is free of a node; of a lost one nobody knows. */
  #free(node: Node, gpus: readonly Device[]) {
    const t = this.t.nodes
    const free = gpus.filter((device) => device.freeMilli === 1000).length
    const cores = { free: node.freeCpuMilli / 1000, total: node.cpuMilli / 1000 }
    const memory = { free: formatMib(node.freeMemoryMib), total: formatMib(node.memoryMib) }
    return html`${gpus.length === 0 ? nothing : html`<span>${counted(t.gpusFree, gpus.length, { free })}</span>`}
      <span class="muted">${fill(t.cpu, cores)}</span>
      <span class="muted">${fill(t.memory, memory)}</span>`
  }

  #device(device: Device, lost: boolean) {
    const t = this.t.device
    const memory = { free: formatMib(device.freeMemoryMib), total: formatMib(device.memoryMib) }
    return html`<li>
      <div class="line">
        <span class="muted number">${device.index}</span>
        <strong class="ellipsis" title=${device.model}>${formatModel(device.model, t)}</strong>
        ${device.simulated ? html`<span class="tag" title=${t.simulatedHint}>${t.simulated}</span>` : nothing}
      </div>
      <div class="bar" aria-hidden="true">
        ${device.heldBy.map((held) => html`<span class="used" .style=${`width:${held.milli / 10}%`}></span>`)}
      </div>
      <span class="muted">${lost ? fill(t.memoryTotal, { total: memory.total }) : fill(t.memory, memory)}</span>
      ${
        device.heldBy.length === 0
          ? html`<span>${lost ? this.t.nodes.state.lost : t.free}</span>`
          : device.heldBy.map(
              (held) =>
                html`<span class="holder">
                  <button class="link ellipsis" title=${held.jobName} @click=${() => this.host?.openJob(held.jobId)}>
                    ${held.jobName}
                  </button>
                  <span class="muted number">#${held.jobNumber}</span>
                  ${
                    held.milli < 1000
                      ? html`<span class="muted">${fill(t.share, { percent: Math.round(held.milli / 10) })}</span>`
                      : nothing
                  }
                </span>`,
            )
      }
    </li>`
  }
}

/** Register the element. */
export const defineNodeGrid = (): void => defineElement('nb-node-grid', NbNodeGrid)

declare global {
  interface HTMLElementTagNameMap {
    'nb-node-grid': NbNodeGrid
  }
}
