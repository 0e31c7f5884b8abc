import { css, html, nothing, type PropertyValues } from 'lit'
import type { Span, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatMicros } from '../format/micros.js'
import { barOf, spanRows, type Branch, type SpanRow } from '../format/span-rows.js'
import { visibleRange } from '../format/virtual.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { icons } from './icons.js'
import { retryCard } from './retry-card.js'
import { traceStyles } from './trace-styles.js'

const rowHeight = 26
/** As many spans of a branch are read at once. */
const branchSize = 200
/** Where a branch has no more than this it is opened with its parent. */
const smallBranch = 20
const deepestIndent = 24

/**
 * The spans of a trace as a tree with a line of time. Branches are read when they are opened, and only the lines in view
 * are drawn. Arrows walk, Right and Left open and close, Enter chooses: `nb-span`.
 */
export class NbTraceTree extends NbElement {
  static override properties = {
    traceId: { type: String },
    wholeUs: { type: Number },
    selected: { type: String },
    scrolled: { state: true },
  }
  static override restartOn = ['host', 'traceId']
  static override styles = [
    ...traceStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      .head {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 84px 38%;
        padding: 4px 0;
        border-bottom: 1px solid var(--nb-border);
        color: var(--nb-fg-muted);
      }
      .head > :first-child {
        padding-inline-start: 20px;
      }
      .scale {
        display: flex;
        justify-content: space-between;
        padding-inline: 10px;
      }
      .rows {
        flex: 1;
        min-height: 0;
        overflow: auto;
        outline-offset: -2px;
      }
      .space {
        position: relative;
      }
      .row {
        position: absolute;
        inset-inline: 0;
        display: grid;
        grid-template-columns: minmax(0, 1fr) 84px 38%;
        align-items: center;
        height: ${rowHeight}px;
        cursor: default;
      }
      .row:hover {
        background: var(--nb-bg-hover);
      }
      .row[aria-selected='true'] {
        background: var(--nb-bg-selected);
      }
      .rows:focus-visible .row[aria-selected='true'] {
        outline: 1px solid var(--nb-focus);
        outline-offset: -1px;
      }
      .label {
        display: flex;
        align-items: center;
        gap: 4px;
        min-width: 0;
        padding-inline-start: calc(12px + var(--level) * 14px);
      }
      .twist {
        flex: none;
        display: inline-flex;
        width: 18px;
        justify-content: center;
        color: var(--nb-fg-muted);
      }
      .bad {
        color: var(--nb-bad);
      }
      .took {
        padding-inline-end: 8px;
        text-align: end;
        color: var(--nb-fg-muted);
        white-space: nowrap;
      }
      .track {
        position: relative;
        height: 100%;
        margin-inline: 10px;
      }
      .bar-of {
        position: absolute;
        top: 8px;
        height: 10px;
        min-width: 2px;
        border-radius: 2px;
        background: var(--nb-chart-1);
      }
      .bar-of.failed {
        background: var(--nb-bad);
      }
      .bar-of.open {
        opacity: 0.55;
      }
      @media (forced-colors: active) {
        .bar-of {
          forced-color-adjust: none;
        }
      }
      @container (max-width: 560px) {
        .head,
        .row {
          grid-template-columns: minmax(0, 1fr) 72px 26%;
        }
      }
    `,
  ]
  declare traceId: string
  declare wholeUs: number
  declare selected: string
  declare private scrolled: number
  #branches = new Map<string, Branch>()
  #opened = new Set<string>()
  #reading = new Set<string>()
  #error: unknown = null
  #rows: readonly SpanRow[] = []
  #life = 0

  constructor() {
    super()
    this.traceId = ''
    this.wholeUs = 0
    this.selected = ''
    this.scrolled = 0
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#life += 1
    this.#branches = new Map()
    this.#opened = new Set()
    this.#reading = new Set()
    this.#error = null
    this.#rows = []
    void this.#read(host, '')
    const resized = new ResizeObserver(() => this.requestUpdate())
    resized.observe(this)
    return [() => resized.disconnect()]
  }

  /** The next spans of a branch, and what is small below them. */
  async #read(host: Host, parentId: string): Promise<void> {
    if (this.#reading.has(parentId)) return
    this.#reading.add(parentId)
    const life = this.#life
    const known = this.#branches.get(parentId)
    const cursor = known?.next ?? null
    try {
      const page = await host.client.listSpans({
        params: { projectId: host.projectId, traceId: this.traceId },
        query: {
          limit: branchSize,
          ...(parentId === '' ? {} : { parentId }),
          ...(cursor === null ? {} : { cursor }),
        },
      })
      if (life !== this.#life) return
      this.#error = null
      this.#branches.set(parentId, { spans: [...(known?.spans ?? []), ...page.items], next: page.nextCursor })
      this.#openSmall(host, page.items, parentId)
      const [first] = page.items
      if (parentId === '' && known === undefined && first !== undefined && this.selected === '') this.#choose(first)
    } catch (error) {
      if (life === this.#life) this.#error = error
    } finally {
      this.#reading.delete(parentId)
      if (life === this.#life) this.#changed()
    }
  }
  /** The top is always open; below it what fits on a screen. */
  #openSmall(host: Host, spans: readonly Span[], parentId: string): void {
    const few = spans.length <= smallBranch
    for (const span of spans) {
      if (span.childCount === 0 || !few || (parentId !== '' && span.childCount > smallBranch)) continue
      if (this.#rows.length > 200 || this.#branches.size > 40) return
      this.#opened.add(span.id)
      void this.#read(host, span.id)
    }
  }
  #changed(): void {
    this.#rows = spanRows({ branches: this.#branches, opened: this.#opened })
    this.requestUpdate()
  }

  #toggle(span: Span, open: boolean): void {
    const { host } = this
    if (host === null || span.childCount === 0) return
    if (open) this.#opened.add(span.id)
    else this.#opened.delete(span.id)
    if (open && !this.#branches.has(span.id)) void this.#read(host, span.id)
    this.#changed()
  }
  #choose(span: Span): void {
    this.selected = span.id
    emit(this, 'nb-span', { spanId: span.id })
  }

  #key(event: KeyboardEvent): void {
    const at = this.#rows.findIndex((row) => row.kind === 'span' && row.span.id === this.selected)
    const row = this.#rows[at]
    switch (event.key) {
      case 'ArrowDown':
        this.#goTo(at, 1)
        break
      case 'ArrowUp':
        this.#goTo(at, -1)
        break
      case 'Home':
        this.#goTo(-1, 1)
        break
      case 'End':
        this.#goTo(this.#rows.length, -1)
        break
      case 'ArrowRight':
        if (row?.kind !== 'span') return
        if (row.opened) this.#goTo(at, 1)
        else this.#toggle(row.span, true)
        break
      case 'ArrowLeft':
        if (row?.kind !== 'span') return
        if (row.opened) this.#toggle(row.span, false)
        else this.#toParent(at, row.level)
        break
      default:
        return
    }
    event.preventDefault()
  }
  /** The next span in a direction; a line that stands for more of a branch reads it. */
  #goTo(from: number, step: 1 | -1): void {
    for (let at = from + step; at >= 0 && at < this.#rows.length; at += step) {
      const row = this.#rows[at]
      if (row?.kind === 'more' && this.host !== null) void this.#read(this.host, row.parentId)
      if (row?.kind !== 'span') continue
      this.#choose(row.span)
      return this.#show(at)
    }
  }
  #toParent(from: number, level: number): void {
    for (let at = from - 1; at >= 0; at -= 1) {
      const row = this.#rows[at]
      if (row?.kind !== 'span' || row.level !== level - 1) continue
      this.#choose(row.span)
      return this.#show(at)
    }
  }
  #show(at: number): void {
    const view = this.renderRoot.querySelector<HTMLElement>('.rows')
    if (view === null) return
    if (at * rowHeight < view.scrollTop) view.scrollTop = at * rowHeight
    else if ((at + 1) * rowHeight > view.scrollTop + view.clientHeight)
      view.scrollTop = (at + 1) * rowHeight - view.clientHeight
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    const { host } = this
    if (host === null) return
    const { first, last } = this.#inView()
    for (const row of this.#rows.slice(first, last))
      if (row.kind === 'more' && this.#error === null) void this.#read(host, row.parentId)
  }
  #inView() {
    const height = this.renderRoot.querySelector<HTMLElement>('.rows')?.clientHeight ?? 600
    return visibleRange(this.scrolled, height, rowHeight, this.#rows.length)
  }

  override render() {
    const { host, t } = this
    if (host === null) return nothing
    if (this.#error !== null && this.#rows.length === 0)
      return retryCard(this.host, this.#error, () => this.#read(host, ''))
    const { first, last } = this.#inView()
    const shown = this.#rows.slice(first, last)
    return html`<div class="head" aria-hidden="true">
        <span>${t.traces.span}</span><span class="took">${t.traces.took}</span>
        <span class="scale number"><span>0</span><span>${formatMicros(this.wholeUs, t.duration)}</span></span>
      </div>
      <div
        class="rows"
        role="tree"
        tabindex="0"
        aria-label=${t.traces.spans}
        aria-activedescendant=${this.selected === '' ? nothing : `span-${this.selected}`}
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
        @scroll=${(event: Event) => (this.scrolled = (event.currentTarget as HTMLElement).scrollTop)}
      >
        <div class="space" .style=${`height: ${String(this.#rows.length * rowHeight)}px`}>
          ${shown.map((row, index) => this.#row(row, first + index))}
        </div>
      </div>`
  }

  #row(row: SpanRow, at: number) {
    const { t } = this
    const place = `top: ${String(at * rowHeight)}px; --level: ${String(Math.min(deepestIndent, row.level - 1))}`
    if (row.kind !== 'span')
      return html`<div class="row muted" .style=${place}>
        <span class="label"><span class="twist"></span>${t.loading}</span>
      </div>`
    const { span } = row
    const bar = barOf(span, this.wholeUs)
    const took = span.durationUs === null ? t.traces.running : formatMicros(span.durationUs, t.duration)
    const looks = `${span.status === 'ERROR' ? 'failed' : ''} ${span.durationUs === null ? 'open' : ''}`
    return html`<div
      class="row"
      role="treeitem"
      id=${`span-${span.id}`}
      aria-level=${row.level}
      aria-expanded=${span.childCount === 0 ? nothing : row.opened}
      aria-selected=${span.id === this.selected}
      aria-label=${fill(t.traces.spanLabel, { name: span.name, took, state: t.traces.state[span.status] })}
      .style=${place}
      @click=${() => this.#choose(span)}
      @dblclick=${() => this.#toggle(span, !row.opened)}
    >
      <span class="label">
        <span
          class="twist"
          @click=${(event: Event) => {
            event.stopPropagation()
            this.#toggle(span, !row.opened)
          }}
          >${span.childCount === 0 ? nothing : row.opened ? icons.down : icons.open}</span
        >
        <span class="ellipsis ${span.status === 'ERROR' ? 'bad' : ''}" title=${span.name}>${span.name}</span>
        ${span.type === null || span.type === 'UNKNOWN' ? nothing : html`<span class="tag">${span.type}</span>`}
      </span>
      <span class="took number">${took}</span>
      <span class="track"
        ><span class="bar-of ${looks}" .style=${`left: ${String(bar.left)}%; width: ${String(bar.width)}%`}></span
      ></span>
    </div>`
  }
}

/** Register the element. */
export const defineTraceTree = (): void => defineElement('nb-trace-tree', NbTraceTree)

declare global {
  interface HTMLElementTagNameMap {
    'nb-trace-tree': NbTraceTree
  }
}
