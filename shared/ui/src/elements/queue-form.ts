import { css, html, nothing, type TemplateResult } from 'lit'
import type { Queue, QueueChange, QueueOrderKind, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import type { TimeUnit } from '../format/duration-unit.js'
import { formatDuration } from '../format/duration.js'
import { cardErrorOf } from '../format/error.js'
import { draftOf, faultsOf, isTouched, putOf, type QueueDraft, type QueueFaults } from '../format/queue-draft.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { changeList, formStyles, unitOptions, valueOf, type ToldChange } from './form-parts.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'
import { baseStyles } from './styles.js'

interface Known {
  readonly queues: readonly Queue[]
  readonly mayChange: boolean
}

/** The place of a new queue among those that are opened for a change. */
const fresh = ''

const kinds: readonly QueueOrderKind[] = ['cluster', 'predicted', 'submitted']

/** The queues: what each owns, borrows and lends, and the order of its jobs; a form for those who may change them. */
export class NbQueueForm extends NbElement {
  static override properties = {
    opened: { state: true },
    draft: { state: true },
    faults: { state: true },
    busy: { state: true },
    fault: { state: true },
    changes: { state: true },
  }
  static override styles = [
    baseStyles,
    formStyles,
    css`
      .queue {
        max-width: 820px;
        padding: 12px 0;
        border-bottom: 1px solid color-mix(in srgb, var(--nb-border) 55%, transparent);
      }
      .head {
        display: flex;
        align-items: center;
        gap: 4px 12px;
      }
      .head h2 {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(11em, max-content) minmax(0, 1fr);
        gap: 2px 16px;
        margin-top: 4px;
      }
      dt {
        color: var(--nb-fg-muted);
      }
      dd {
        overflow-wrap: anywhere;
      }
      form {
        margin-top: 8px;
      }
      .take select {
        max-width: min(300px, 100%);
      }
      .take .bad {
        flex-basis: 100%;
      }
      .bad {
        color: var(--nb-bad);
      }
      [aria-invalid='true'] {
        border-color: var(--nb-bad) !important;
      }
      input.amount {
        width: 9ch;
        text-align: end;
      }
      input.word {
        width: min(26ch, 100%);
      }
      .history {
        margin-top: 14px;
      }
      .add {
        margin-top: 14px;
      }
    `,
  ]
  /** The name of the queue that is being changed; empty for a new one, `null` for none. */
  declare private opened: string | null
  declare private draft: QueueDraft
  declare private faults: QueueFaults
  declare private busy: boolean
  declare private fault: unknown
  declare private changes: readonly QueueChange[] | null
  #known = new Remote<Known>(this)
  /** The queue as it was when the form was opened: what somebody else changes meanwhile must not be overwritten unseen. */
  #base: Queue | null = null
  constructor() {
    super()
    this.opened = null
    this.draft = draftOf(null)
    this.faults = {}
    this.busy = false
    this.fault = null
    this.changes = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#known.reset()
    this.opened = null
    return refreshOn(
      this,
      host,
      [],
      ({ type }) => type === 'queues_changed',
      () => this.#read(host),
    )
  }
  #read({ client }: Host): Promise<void> {
    return this.#known.load(async () => {
      const { items, mayChange } = await client.listQueues()
      return { queues: items, mayChange }
    })
  }

  override render() {
    const { host, t } = this
    const known = this.#known.value
    if (known === null && this.#known.error !== null) {
      return retryCard(this.host, this.#known.error, () => host !== null && this.#read(host))
    }
    if (known === null) return html`<p class="muted" role="status">${t.loading}</p>`
    return html`<p class="muted">${t.queueForm.lead}</p>
      ${known.mayChange ? nothing : html`<p class="muted">${t.queueForm.readOnly}</p>`}
      ${known.queues.map((queue) => this.#queue(queue, known))} ${known.mayChange ? this.#add(known) : nothing}`
  }

  #queue(queue: Queue, known: Known) {
    const t = this.t.queueForm
    const isOpen = this.opened === queue.name
    return html`<section class="queue" aria-labelledby=${`queue-${queue.name}`}>
      <div class="head">
        <h2 id=${`queue-${queue.name}`}>${queue.name}</h2>
        ${
          known.mayChange && !isOpen
            ? html`<button
                aria-describedby=${`queue-${queue.name}`}
                ?disabled=${this.busy}
                @click=${() => void this.#open(queue)}
              >
                ${t.change}
              </button>`
            : nothing
        }
      </div>
      ${isOpen ? this.#form(known) : this.#facts(queue)}
    </section>`
  }
  #facts(queue: Queue) {
    const t = this.t.queueForm
    const { orderKind, orderFair, patienceMs, cohort, weight } = queue
    const order = [
      t.orderOf[orderKind],
      ...(orderKind === 'cluster' && orderFair ? [] : [t.people[orderFair ? 'fair' : 'alike']]),
      ...(patienceMs === null ? [] : [fill(t.after, { time: formatDuration(patienceMs, this.t.duration) })]),
    ]
    const fact = (name: string, value: string) =>
      html`<dt>${name}</dt>
        <dd>${value}</dd>`
    return html`<dl>
      ${fact(t.owns, this.#amount(queue.nominalGpuMilli))}
      ${
        cohort === null
          ? nothing
          : html`${fact(t.cohort, cohort)} ${fact(t.borrow, this.#amount(queue.borrowingLimitGpuMilli))}
            ${fact(t.lend, this.#amount(queue.lendingLimitGpuMilli))}`
      }
      ${weight === 1 ? nothing : fact(t.weight, String(weight))} ${fact(t.order, order.join(' · '))}
    </dl>`
  }
  #amount(milli: number | null): string {
    return milli === null ? this.t.queueForm.noLimit : counted(this.t.queueForm.gpus, milli / 1000)
  }

  #add(known: Known) {
    if (this.opened === fresh) return html`<section class="queue">${this.#form(known)}</section>`
    return html`<p class="add">
      <button ?disabled=${this.busy} @click=${() => void this.#open(null)}>${this.t.queueForm.add}</button>
    </p>`
  }
  async #open(queue: Queue | null): Promise<void> {
    this.opened = queue?.name ?? fresh
    this.#base = queue
    this.draft = draftOf(queue)
    this.faults = {}
    this.fault = null
    this.changes = null
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>('form input')?.focus()
    const { host } = this
    if (host === null || queue === null) return
    const { items } = await host.client
      .listQueueChanges({ params: { queueName: queue.name } })
      .catch(() => ({ items: null }))
    if (this.opened === queue.name) this.changes = items
  }

  #form(known: Known) {
    const t = this.t.queueForm
    const { draft } = this
    const queue = this.#base
    const inCohort = draft.cohort.trim() !== ''
    return html`<form novalidate @submit=${(event: Event) => void this.#save(event, known)}>
      ${queue === null ? this.#field('name', t.name, t.nameMeaning, this.#text('name', 'word')) : nothing}
      ${this.#field('owns', t.owns, t.ownsMeaning, html`${this.#text('owns', 'amount', t.noLimit)} GPU`)}
      ${this.#field('cohort', t.cohort, t.cohortMeaning, this.#text('cohort', 'word', t.none))}
      ${
        inCohort
          ? html`${this.#field('borrow', t.borrow, t.borrowMeaning, html`${this.#text('borrow', 'amount', t.noLimit)} GPU`)}
            ${this.#field('lend', t.lend, t.lendMeaning, html`${this.#text('lend', 'amount', t.noLimit)} GPU`)}`
          : nothing
      }
      ${this.#field('weight', t.weight, t.weightMeaning, this.#text('weight', 'amount'))}
      ${this.#field('orderKind', t.order, t.orderMeaning, this.#order())}
      ${this.#field('fair', t.fair, t.fairMeaning, this.#fair())}
      ${this.#field('patience', t.patience, t.patienceMeaning, this.#patience())} ${this.#end(queue)}
      ${queue === null ? nothing : this.#history()}
    </form>`
  }
  #field(field: keyof QueueDraft, label: string, meaning: string, take: TemplateResult) {
    const fault = this.faults[field]
    return html`<div class="field">
      <div>
        <label for=${field}>${label}</label>
        <p class="muted meaning" id=${`${field}-meaning`}>${meaning}</p>
      </div>
      <div class="take">
        ${take}${fault === undefined ? nothing : html`<span class="bad" id=${`${field}-bad`}>${this.t.queueForm[fault]}</span>`}
      </div>
    </div>`
  }
  #describedBy(field: keyof QueueDraft): string {
    return this.faults[field] === undefined ? `${field}-meaning` : `${field}-meaning ${field}-bad`
  }
  #text(field: 'name' | 'owns' | 'cohort' | 'borrow' | 'lend' | 'weight' | 'patience', kind: string, empty = '') {
    return html`<input
      id=${field}
      class=${kind}
      autocomplete="off"
      spellcheck="false"
      inputmode=${kind === 'amount' ? 'decimal' : 'text'}
      placeholder=${empty}
      aria-invalid=${this.faults[field] !== undefined}
      aria-describedby=${this.#describedBy(field)}
      .value=${this.draft[field]}
      @input=${(event: Event) => this.#edit({ [field]: valueOf(event) })}
    />`
  }
  #order() {
    const { orderKind } = this.draft
    const set = (event: Event) => this.#edit({ orderKind: kinds.find((kind) => kind === valueOf(event)) ?? 'cluster' })
    return html`<select id="orderKind" aria-describedby="orderKind-meaning" @change=${set}>
      ${kinds.map(
        (kind) =>
          html`<option value=${kind} ?selected=${kind === orderKind}>${this.t.queueForm.orderOf[kind]}</option>`,
      )}
    </select>`
  }
  #fair() {
    const set = (event: Event) => this.#edit({ fair: (event.currentTarget as HTMLInputElement).checked })
    return html`<input
      type="checkbox"
      id="fair"
      aria-describedby="fair-meaning"
      .checked=${this.draft.fair}
      @change=${set}
    />`
  }
  #patience() {
    const set = (event: Event) => this.#edit({ patienceUnit: valueOf(event) as TimeUnit })
    return html`${this.#text('patience', 'amount', this.t.queueForm.none)}
      <select aria-label=${this.t.queueForm.patience} @change=${set}>
        ${unitOptions(this.draft.patienceUnit, this.t)}
      </select>`
  }
  #edit(change: Partial<QueueDraft>): void {
    this.draft = { ...this.draft, ...change }
    const gone = new Set(Object.keys(change))
    this.faults = Object.fromEntries(Object.entries(this.faults).filter(([field]) => !gone.has(field)))
  }

  #end(queue: Queue | null) {
    const t = this.t.queueForm
    const reason = this.faults.reason
    return html`<div class="end">
      <label>
        <span>${t.reason} <span class="muted">· ${t.reasonHint}</span></span>
        <input
          id="reason"
          maxlength="500"
          aria-invalid=${reason !== undefined}
          aria-describedby=${reason === undefined ? nothing : 'reason-bad'}
          .value=${this.draft.reason}
          @input=${(event: Event) => this.#edit({ reason: valueOf(event) })}
        />
        ${reason === undefined ? nothing : html`<span class="bad" id="reason-bad">${t[reason]}</span>`}
      </label>
      ${
        this.fault === null
          ? nothing
          : html`<nb-error-card .host=${this.host} .error=${cardErrorOf(this.fault, this.locale)}></nb-error-card>`
      }
      <div class="buttons">
        <button class="primary" ?disabled=${this.busy || !isTouched(this.draft, queue)}>${t.save}</button>
        <button type="button" ?disabled=${this.busy} @click=${() => (this.opened = null)}>${t.cancel}</button>
      </div>
    </div>`
  }
  async #save(event: Event, { queues }: Known): Promise<void> {
    event.preventDefault()
    const queue = this.#base
    const { host, draft } = this
    if (host === null || this.busy || !isTouched(draft, queue)) return
    this.faults = faultsOf(draft, queue === null ? queues.map(({ name }) => name) : null)
    if (Object.keys(this.faults).length > 0) {
      await this.updateComplete
      this.renderRoot.querySelector<HTMLElement>("[aria-invalid='true']")?.focus()
      return
    }
    this.busy = true
    this.fault = null
    const queueName = queue?.name ?? draft.name
    try {
      await host.client.putQueue({ params: { queueName }, body: putOf(draft, queue?.version ?? 0) })
      await this.#read(host)
      this.opened = null
      host.notify(fill(this.t.queueForm.saved, { name: queueName }), 'information')
    } catch (error) {
      this.fault = error
      await this.#read(host)
    }
    this.busy = false
  }

  #history() {
    const t = this.t.queueForm
    if (this.changes === null) return nothing
    return html`<section class="history">
      <h2>${t.history}</h2>
      ${
        this.changes.length === 0
          ? html`<p class="muted">${t.noHistory}</p>`
          : changeList(
              this.changes.map(({ changes, ...change }) => ({
                ...change,
                changes: changes.map((one) => this.#told(one)),
              })),
              { t: this.t, locale: this.locale, nowMs: this.nowMs },
            )
      }
    </section>`
  }
  #told({ field, before, after }: QueueChange['changes'][number]): ToldChange['changes'][number] {
    const t = this.t.queueForm
    const labels: Readonly<Record<string, string>> = {
      cohort: t.cohort,
      nominalGpuMilli: t.owns,
      borrowingLimitGpuMilli: t.borrow,
      lendingLimitGpuMilli: t.lend,
      weight: t.weight,
      orderKind: t.order,
      orderFair: t.fair,
      patienceMs: t.patience,
    }
    return { label: labels[field] ?? field, before: this.#value(field, before), after: this.#value(field, after) }
  }
  #value(field: string, value: QueueChange['changes'][number]['after']): string {
    const t = this.t.queueForm
    const orders: Readonly<Record<string, string>> = t.orderOf
    if (field.endsWith('GpuMilli')) return this.#amount(typeof value === 'number' ? value : null)
    if (value === null) return t.none
    if (field === 'patienceMs') return formatDuration(Number(value), this.t.duration)
    if (typeof value === 'boolean') return value ? this.t.policy.on : this.t.policy.off
    return orders[String(value)] ?? String(value)
  }
}

/** Register the element. */
export const defineQueueForm = (): void => defineElement('nb-queue-form', NbQueueForm)

declare global {
  interface HTMLElementTagNameMap {
    'nb-queue-form': NbQueueForm
  }
}
