import type { Locale } from '@novabrain/contracts'
import { css, html, nothing, type TemplateResult } from 'lit'
import { formatAge } from '../format/age.js'
import { timeUnits, type TimeUnit } from '../format/duration-unit.js'
import { fill, type Strings } from '../locales/strings.js'

/** How forms of settings look: a field with its meaning on one side and what it takes on the other, then reason and buttons. */
export const formStyles = css`
  :host {
    padding: 14px var(--nb-inset, 12px) 28px;
    container-type: inline-size;
  }
  .field {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(180px, auto);
    gap: 2px 20px;
    align-items: start;
    padding: 7px 0;
  }
  .meaning {
    max-width: 62ch;
    text-wrap: pretty;
  }
  .take {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: end;
    gap: 4px 6px;
    text-align: end;
  }
  .end {
    display: grid;
    gap: 8px;
    margin-top: 8px;
  }
  .end label {
    display: grid;
    gap: 3px;
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 12px;
  }
  .history ol {
    list-style: none;
  }
  .history li {
    padding: 7px 0;
    overflow-wrap: anywhere;
  }
  .inset {
    margin: 12px 0;
  }
  @container (max-width: 520px) {
    .field {
      grid-template-columns: 1fr;
    }
    .take {
      justify-content: start;
      text-align: start;
    }
  }
`

/** One change in the history of a setting. */
export interface ToldChange {
  readonly version: number
  readonly changedBy: string
  readonly changedAt: string
  readonly reason: string | null
  /** What was changed, in words. */
  readonly changes: readonly { readonly label: string; readonly before: string; readonly after: string }[]
}

/** What was changed, by whom, when and why, newest first as given. */
export const changeList = (
  changes: readonly ToldChange[],
  { t, locale, nowMs }: { readonly t: Strings; readonly locale: Locale; readonly nowMs: number },
): TemplateResult => {
  const by = (name: string, at: string) => fill(t.policy.by, { name, age: formatAge(at, nowMs, t.duration, locale) })
  return html`<ol>
    ${changes.map(
      ({ version, changedBy, changedAt, reason, changes: told }) =>
        html`<li>
          <strong class="number">${fill(t.policy.version, { version })}</strong>
          <span class="muted">${by(changedBy, changedAt)}</span>
          ${reason === null ? nothing : html`<div>${reason}</div>`}
          ${told.map((change) => html`<div class="muted">${fill(t.policy.change, change)}</div>`)}
        </li>`,
    )}
  </ol>`
}

/** The units of a time, longest first, to choose from. */
export const unitOptions = (chosen: TimeUnit, t: Strings): TemplateResult[] =>
  timeUnits
    .toReversed()
    .map(([unit]) => html`<option value=${unit} ?selected=${unit === chosen}>${t.policy.time[unit]}</option>`)

/** What is in the field that an event comes from. */
export const valueOf = (event: Event): string => (event.currentTarget as HTMLInputElement | HTMLSelectElement).value
