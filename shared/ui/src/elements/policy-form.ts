import { css, html, nothing, type TemplateResult } from 'lit'
import type {
  PolicyChange,
  PolicyField,
  PolicyPreset,
  PolicyValue,
  PolicyValues,
  SchedulingPolicy,
  Unsubscribe,
} from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge } from '../format/age.js'
import { inMs, inUnit, type TimeUnit } from '../format/duration-unit.js'
import { formatDuration } from '../format/duration.js'
import { cardErrorOf } from '../format/error.js'
import { fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { changeList, formStyles, unitOptions, valueOf } from './form-parts.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'
import { baseStyles } from './styles.js'

interface Known {
  readonly policy: SchedulingPolicy
  readonly presets: readonly PolicyPreset[]
  readonly changes: readonly PolicyChange[]
}

/**
 * How jobs are scheduled: every field with its meaning, a form for those who may change it, and what was changed, by whom
 * and why. Which fields there are, and what they take, is the server's to say.
 */
export class NbPolicyForm extends NbElement {
  static override properties = {
    edits: { state: true },
    reason: { state: true },
    preset: { state: true },
    busy: { state: true },
    fault: { state: true },
  }
  static override styles = [
    baseStyles,
    formStyles,
    css`
      form {
        max-width: 820px;
      }
      p.lead {
        margin-bottom: 4px;
        overflow-wrap: anywhere;
      }
      fieldset {
        margin: 18px 0 0;
        padding: 0;
        border: 0;
        min-width: 0;
      }
      legend {
        padding: 0;
        font-weight: 600;
      }
      .field,
      .history li {
        border-bottom: 1px solid color-mix(in srgb, var(--nb-border) 55%, transparent);
      }
      .field.changed .name::after {
        content: ' •';
        color: var(--nb-accent);
      }
      .take select {
        max-width: min(440px, 100%);
      }
      .bounds {
        flex-basis: 100%;
        font-size: 0.92em;
      }
      input[type='number'] {
        width: 9ch;
        text-align: end;
      }
      .end {
        margin-top: 18px;
      }
      .history {
        max-width: 820px;
        margin-top: 28px;
      }
      .from {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
        margin-top: 12px;
      }
    `,
  ]
  declare private edits: PolicyValues
  declare private reason: string
  declare private preset: string
  declare private busy: boolean
  declare private fault: unknown
  #known = new Remote<Known>(this)
  constructor() {
    super()
    this.edits = {}
    this.reason = ''
    this.preset = ''
    this.busy = false
    this.fault = null
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#known.reset()
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
      const [policy, presets, changes] = await Promise.all([
        client.getSchedulingPolicy(),
        client.listPolicyPresets(),
        client.listPolicyChanges(),
      ])
      return { policy, presets: presets.items, changes: changes.items }
    })
  }

  override render() {
    const { host, t } = this
    const known = this.#known.value
    if (known === null && this.#known.error !== null) {
      return retryCard(this.host, this.#known.error, () => host !== null && this.#read(host))
    }
    if (known === null) return html`<p class="muted" role="status">${t.loading}</p>`
    const mayChange = known.policy.fields.some((field) => field.mayChange)
    return html`${this.#lead(known, mayChange)}
      <form @submit=${(event: Event) => this.#save(event, known.policy)}>
        ${mayChange ? this.#presets(known) : nothing} ${this.#groups(known.policy)}
        ${mayChange ? this.#end(known.policy) : nothing}
      </form>
      ${this.#history(known)}`
  }

  #lead({ policy, presets }: Known, mayChange: boolean) {
    const t = this.t.policy
    const { version, changedAt, changedBy, reason, preset, keepsCluster } = policy
    const title = presets.find(({ name }) => name === preset)?.title
    const as = title === undefined ? '' : ` · ${fill(t.preset, { preset: title })}`
    return html`<h2>${fill(t.version, { version })}${as}</h2>
      <p class="lead">
        ${
          changedAt === null
            ? t.untouched
            : fill(t.changed, {
                name: changedBy ?? '',
                age: formatAge(changedAt, this.nowMs, this.t.duration, this.locale),
                reason: reason ?? '',
              })
        }
      </p>
      ${keepsCluster ? nothing : html`<p class="muted">${t.ofCluster}</p>`}
      ${mayChange || !keepsCluster ? nothing : html`<p class="muted">${t.readOnly}</p>`}`
  }
  #presets({ policy, presets }: Known) {
    const t = this.t.policy
    const choose = (event: Event) => {
      this.preset = valueOf(event)
      const values = presets.find(({ name }) => name === this.preset)?.values ?? policy.values
      this.edits = Object.fromEntries(Object.entries(values).filter(([field, value]) => policy.values[field] !== value))
    }
    return html`<p class="from">
      <label for="preset">${t.from}</label>
      <select id="preset" @change=${choose}>
        <option value="" ?selected=${this.preset === ''}>${t.asItIs}</option>
        ${presets.map(
          ({ name, title, meaning }) =>
            html`<option value=${name} title=${meaning} ?selected=${name === this.preset}>${title}</option>`,
        )}
      </select>
    </p>`
  }
  #groups(policy: SchedulingPolicy) {
    const values = { ...policy.values, ...this.edits }
    const shown = policy.fields.filter(({ when }) => when === null || when.is.includes(String(values[when.field])))
    const groups = new Map<string, PolicyField[]>()
    for (const field of shown) {
      const name = field.field.split('.')[0] ?? ''
      groups.set(name, [...(groups.get(name) ?? []), field])
    }
    const words: Readonly<Record<string, string>> = this.t.policy.group
    return [...groups].map(
      ([name, fields]) =>
        html`<fieldset>
          <legend>${words[name] ?? name}</legend>
          ${fields.map((field) => this.#field(field, values[field.field], policy))}
        </fieldset>`,
    )
  }
  #field(field: PolicyField, value: PolicyValue | undefined, policy: SchedulingPolicy) {
    const changed = value !== policy.values[field.field]
    return html`<div class="field ${changed ? 'changed' : ''}">
      <div>
        <label class="name" for=${field.field}>${field.label}</label>
        <p class="muted meaning" id=${`${field.field}-meaning`}>${field.meaning}</p>
      </div>
      <div class="take">
        ${field.mayChange ? this.#input(field, value) : html`<span>${this.#shown(field, value)}</span>`}
      </div>
    </div>`
  }
  #input(field: PolicyField, value: PolicyValue | undefined): TemplateResult {
    const t = this.t.policy
    const described = `${field.field}-meaning`
    if (field.kind === 'flag') {
      const set = (event: Event) => this.#edit(field, (event.currentTarget as HTMLInputElement).checked)
      return html`<input
        type="checkbox"
        id=${field.field}
        aria-describedby=${described}
        .checked=${value === true}
        @change=${set}
      />`
    }
    if (field.kind === 'choice')
      return html`<select
        id=${field.field}
        aria-describedby=${described}
        @change=${(event: Event) => this.#edit(field, valueOf(event))}
      >
        ${(field.choices ?? []).map(
          (choice) => html`<option value=${choice.value} ?selected=${choice.value === value}>${choice.label}</option>`,
        )}
      </select>`
    const bounds = { minimum: this.#shown(field, field.minimum ?? 0), maximum: this.#shown(field, field.maximum ?? 0) }
    return html`${field.unit === 'ms' ? this.#time(field, Number(value ?? 0)) : this.#number(field, Number(value ?? 0))}
      <span class="muted bounds">${fill(t.bounds, bounds)}</span>`
  }
  #number(field: PolicyField, value: number) {
    const units: Readonly<Record<string, string>> = this.t.policy.unitOf
    return html`<input
        type="number"
        id=${field.field}
        step="1"
        min=${field.minimum ?? nothing}
        max=${field.maximum ?? nothing}
        .value=${String(value)}
        @change=${(event: Event) => this.#edit(field, Number(valueOf(event)))}
      />
      <span class="muted">${units[field.unit ?? ''] ?? ''}</span>`
  }
  #time(field: PolicyField, value: number) {
    const { amount, unit } = inUnit(value)
    const set = () => {
      const [number, select] = [`#${CSS.escape(field.field)}`, `#${CSS.escape(field.field)}-unit`].map((id) =>
        this.renderRoot.querySelector<HTMLInputElement | HTMLSelectElement>(id),
      )
      this.#edit(field, inMs(Number(number?.value ?? 0), (select?.value ?? 'second') as TimeUnit))
    }
    return html`<input type="number" id=${field.field} step="any" min="0" .value=${String(amount)} @change=${set} />
      <select id=${`${field.field}-unit`} aria-label=${field.label} .value=${unit} @change=${set}>
        ${unitOptions(unit, this.t)}
      </select>`
  }
  #shown({ kind, unit, choices }: PolicyField, value: PolicyValue | undefined): string {
    const t = this.t.policy
    if (kind === 'flag') return value === true ? t.on : t.off
    if (kind === 'choice') return choices?.find((choice) => choice.value === value)?.label ?? String(value ?? '')
    if (unit === 'ms') return formatDuration(Number(value ?? 0), this.t.duration)
    const units: Readonly<Record<string, string>> = t.unitOf
    return `${String(value ?? '')} ${units[unit ?? ''] ?? ''}`.trim()
  }
  #edit({ field }: PolicyField, value: PolicyValue): void {
    const before = this.#known.value?.policy.values[field]
    const { [field]: _old, ...rest } = this.edits
    this.edits = before === value ? rest : { ...rest, [field]: value }
  }

  #end(policy: SchedulingPolicy) {
    const t = this.t.policy
    const touched = Object.keys(this.edits).length > 0
    return html`<div class="end">
      <label>
        <span>${t.reason} <span class="muted">· ${t.reasonHint}</span></span>
        <input
          id="reason"
          maxlength="500"
          .value=${this.reason}
          @input=${(event: Event) => (this.reason = valueOf(event))}
        />
      </label>
      ${
        this.fault === null
          ? nothing
          : html`<nb-error-card .host=${this.host} .error=${cardErrorOf(this.fault, this.locale)}></nb-error-card>`
      }
      <div class="buttons">
        <button class="primary" ?disabled=${this.busy || !touched || this.reason.trim() === ''}>${t.save}</button>
        ${touched ? nothing : html`<span class="muted">${t.unchanged}</span>`}
        <span class="hidden-text">${fill(t.version, { version: policy.version })}</span>
      </div>
    </div>`
  }
  async #save(event: Event, { version }: SchedulingPolicy): Promise<void> {
    event.preventDefault()
    const { host } = this
    if (host === null || this.busy || this.reason.trim() === '' || Object.keys(this.edits).length === 0) return
    this.busy = true
    this.fault = null
    try {
      const body = { values: this.edits, reason: this.reason.trim(), version }
      const made = await host.client.changeSchedulingPolicy({ body })
      this.edits = {}
      this.reason = ''
      this.preset = ''
      host.notify(fill(this.t.policy.saved, { version: made.version }), 'information')
    } catch (error) {
      this.fault = error
    }
    this.busy = false
    await this.#read(host)
  }

  #history({ policy, changes }: Known) {
    const t = this.t.policy
    if (changes.length === 0) return nothing
    const fields = new Map(policy.fields.map((field) => [field.field, field]))
    const say = (name: string, value: PolicyValue | null) => {
      const field = fields.get(name)
      return value === null ? '–' : field === undefined ? String(value) : this.#shown(field, value)
    }
    return html`<section class="history">
      <h2>${t.history}</h2>
      ${changeList(
        changes.map(({ changes: changed, ...change }) => ({
          ...change,
          changes: changed.map(({ field, before, after }) => ({
            label: fields.get(field)?.label ?? field,
            before: say(field, before),
            after: say(field, after),
          })),
        })),
        { t: this.t, locale: this.locale, nowMs: this.nowMs },
      )}
    </section>`
  }
}

/** Register the element. */
export const definePolicyForm = (): void => defineElement('nb-policy-form', NbPolicyForm)

declare global {
  interface HTMLElementTagNameMap {
    'nb-policy-form': NbPolicyForm
  }
}
