import { css, html, nothing } from 'lit'
import type { ExperimentSummary, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { Remote } from './remote.js'
import { baseStyles } from './styles.js'

interface Found {
  readonly items: readonly ExperimentSummary[]
  readonly nextCursor: string | null
}

/** The experiments of a project, to be ticked: none ticked means all of them. Sends `nb-experiments`. */
export class NbExperimentPicker extends NbElement {
  static override properties = { experimentIds: { attribute: false }, search: { state: true } }
  static override styles = [
    baseStyles,
    css`
      :host {
        width: min(340px, 80vw);
      }
      .find {
        width: 100%;
      }
      .list {
        max-height: 280px;
        margin-top: 8px;
        overflow-y: auto;
      }
      label {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 4px 2px;
        cursor: pointer;
      }
      label:hover {
        background: var(--nb-bg-hover);
      }
      .id {
        flex: none;
        margin-inline-start: auto;
      }
    `,
  ]
  declare experimentIds: readonly string[]
  declare private search: string
  #found = new Remote<Found>(this)
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.experimentIds = []
    this.search = ''
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#found.reset()
    void this.#read(host, null)
    return [() => clearTimeout(this.#timer)]
  }
  async #read({ client, projectId }: Host, cursor: string | null): Promise<void> {
    const known = cursor === null ? [] : (this.#found.value?.items ?? [])
    const query = {
      limit: 100,
      ...(this.search === '' ? {} : { search: this.search }),
      ...(cursor === null ? {} : { cursor }),
    }
    await this.#found.load(async () => {
      const next = await client.listExperiments({ params: { projectId }, query })
      return { items: [...known, ...next.items], nextCursor: next.nextCursor }
    })
  }

  override render() {
    const { table } = this.t
    const found = this.#found.value
    const cursor = found?.nextCursor ?? null
    return html`<input
        class="find"
        type="search"
        placeholder=${table.findExperiment}
        aria-label=${table.findExperiment}
        @input=${this.#find}
      />
      <div class="list">
        <label>
          <input type="checkbox" .checked=${this.experimentIds.length === 0} @change=${() => this.#set([])} />
          ${table.allExperiments}
        </label>
        ${found?.items.map((experiment) => this.#line(experiment))}
        ${found === null ? html`<p class="muted">${this.t.loading}</p>` : nothing}
        ${
          cursor === null || this.host === null
            ? nothing
            : html`<button class="link" @click=${() => this.host !== null && void this.#read(this.host, cursor)}>
                ${table.moreExperiments}
              </button>`
        }
      </div>`
  }
  #line({ id, name }: ExperimentSummary) {
    const on = this.experimentIds.includes(id)
    const change = () => this.#set(on ? this.experimentIds.filter((each) => each !== id) : [...this.experimentIds, id])
    return html`<label>
      <input type="checkbox" .checked=${on} @change=${change} />
      <span class="ellipsis" title=${name}>${name}</span>
      <span class="id muted number">${id}</span>
    </label>`
  }
  #find = (event: Event): void => {
    this.search = (event.currentTarget as HTMLInputElement).value.trim()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.host !== null && void this.#read(this.host, null), 200)
  }
  #set(experimentIds: readonly string[]): void {
    emit(this, 'nb-experiments', { experimentIds })
  }
}

/** Register the element. */
export const defineExperimentPicker = (): void => defineElement('nb-experiment-picker', NbExperimentPicker)

declare global {
  interface HTMLElementTagNameMap {
    'nb-experiment-picker': NbExperimentPicker
  }
}
