import { css, html, nothing, type TemplateResult } from 'lit'
import type { Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatSubmitter } from '../format/submitter.js'
import { breakable } from '../format/breakable.js'
import {
  curveKeys,
  environmentRows,
  metricRows,
  paramRows,
  type CompareRow,
  type ComparedRun,
} from '../format/compare.js'
import { durationBetween, formatDuration } from '../format/duration.js'
import { cardErrorOf } from '../format/error.js'
import { formatMetric } from '../format/number.js'
import { formatJobDevice } from '../format/resources.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { Remote } from './remote.js'
import { panelStyles } from './run-page-styles.js'

/** The most runs side by side: more would not fit, and there are six colours of lines. */
export const mostCompared = 6

/**
 * Up to six runs side by side: what they were given, what came out, what they ran in. Lines that are the same everywhere
 * are left out unless asked for. Give it `runIds`.
 */
export class NbRunCompare extends NbElement {
  static override properties = { runIds: { attribute: false }, differences: { state: true } }
  static override restartOn = ['host', 'runIds']
  static override styles = [
    ...panelStyles,
    css`
      :host {
        display: block;
        overflow: auto;
        padding: 14px 20px;
        box-sizing: border-box;
        background: var(--nb-bg);
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 16px;
        margin-bottom: 10px;
      }
      .head h1 {
        font-size: 1.35em;
        font-weight: 600;
      }
      .head label {
        display: flex;
        align-items: center;
        gap: 6px;
        margin-inline-start: auto;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        table-layout: fixed;
        width: 100%;
        min-width: calc(220px + var(--runs) * 130px);
        margin-bottom: 20px;
      }
      col.key {
        width: 220px;
      }
      th[scope='col'] {
        vertical-align: bottom;
        border-bottom: 2px solid var(--line);
      }
      th button {
        text-align: start;
        white-space: normal;
        overflow-wrap: anywhere;
      }
      th[scope='row'] {
        font-weight: 400;
        color: var(--nb-fg-muted);
        text-align: start;
        overflow-wrap: anywhere;
      }
      td {
        overflow-wrap: anywhere;
      }
      tr.differs td {
        background: color-mix(in srgb, var(--nb-accent) 9%, transparent);
      }
      .charts {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(360px, 100%), 1fr));
        gap: 22px 28px;
        margin-bottom: 20px;
      }
      @media (forced-colors: active) {
        tr.differs td {
          font-weight: 600;
        }
      }
    `,
  ]
  declare runIds: readonly string[]
  declare private differences: boolean
  #runs = new Remote<readonly (ComparedRun | null)[]>(this)

  constructor() {
    super()
    this.runIds = []
    this.differences = true
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#runs.reset()
    this.differences = host.restore('compare-all') !== 'yes'
    void this.#read(host)
    const mine = (runId: string) => this.runIds.includes(runId)
    return [
      host.events.subscribe([], (message) => {
        if (message.type === 'reset') return void this.#read(host)
        const event = message.type === 'event' ? message.record.event : null
        if (event?.type === 'job_changed' && mine(event.job.runId)) void this.#read(host)
        if (event?.type === 'run_changed' && mine(event.runId)) void this.#read(host)
      }),
    ]
  }
  async #read(host: Host): Promise<void> {
    const wanted = this.runIds.slice(0, mostCompared)
    await this.#runs.load(async () => {
      const read = await Promise.allSettled(wanted.map((runId) => readRun(host, runId)))
      const refused = read.find(({ status }) => status === 'rejected')
      if (refused?.status === 'rejected' && read.every(({ status }) => status === 'rejected')) throw refused.reason
      return read.map((each) => (each.status === 'fulfilled' ? each.value : null))
    })
  }

  override render() {
    const { t, host } = this
    const { value, error } = this.#runs
    if (this.runIds.length === 0)
      return html`<nb-empty-state
        .host=${host}
        heading=${t.compare.emptyHeading}
        text=${t.compare.emptyText}
      ></nb-empty-state>`
    if (value === null)
      return error === null
        ? html`<p class="muted" role="status">${t.loading}</p>`
        : html`<nb-error-card .host=${host} .error=${cardErrorOf(error, this.locale)}></nb-error-card>`
    const runs = value.filter((run) => run !== null)
    return html`<div class="head">
        <h1>${fill(t.compare.heading, { n: runs.length })}</h1>
        <label>
          <input type="checkbox" .checked=${this.differences} @change=${this.#toggle} />${t.compare.onlyDifferences}
        </label>
      </div>
      ${this.#unreadable(value)}
      <div class="scroll" .style=${`--runs:${runs.length}`}>${this.#table(runs)}</div>
      ${this.#charts(runs)}`
  }
  #toggle = (event: Event): void => {
    this.differences = (event.currentTarget as HTMLInputElement).checked
    this.host?.persist('compare-all', this.differences ? 'no' : 'yes')
  }
  #unreadable(value: readonly (ComparedRun | null)[]) {
    const lost = this.runIds.filter((_, i) => value[i] === null)
    if (lost.length === 0) return nothing
    return html`<p class="muted" role="status">${fill(this.t.compare.unreadable, { runs: lost.join(', ') })}</p>`
  }

  #table(runs: readonly ComparedRun[]) {
    const { t } = this
    return html`<table aria-label=${t.compare.label}>
      <colgroup>
        <col class="key" />
        ${runs.map(() => html`<col />`)}
      </colgroup>
      <thead>
        <tr>
          <td></td>
          ${runs.map((run, i) => this.#heading(run, i))}
        </tr>
      </thead>
      ${this.#group(t.compare.overview, this.#overview(runs), runs.length)}
      ${this.#group(t.params, paramRows(runs), runs.length)}
      ${this.#group(t.metrics, metricRows(runs, formatMetric), runs.length)}
      ${this.#group(t.tab.environment, environmentRows(runs), runs.length)}
    </table>`
  }
  #heading({ run, job }: ComparedRun, i: number): TemplateResult {
    const name = job === null ? run.name : `#${job.number} ${job.name}`
    return html`<th scope="col" .style=${`--line:var(--nb-chart-${i + 1})`}>
      <button class="link" @click=${() => this.host?.openRun(run.id)}>${name}</button>
    </th>`
  }
  #overview(runs: readonly ComparedRun[]): CompareRow[] {
    const { facts, device, duration, status } = this.t
    const row = (key: string, of: (run: ComparedRun) => string | null): CompareRow => {
      const values = runs.map(of)
      return { key, values, differs: new Set(values).size > 1 }
    }
    return [
      row(this.t.compare.status, ({ run, job }) => (job === null ? status[run.status] : status[job.status])),
      row(facts.device, ({ job }) => (job === null ? null : formatJobDevice(job, device))),
      row(facts.duration, ({ run, job }) => {
        const took = durationBetween(job?.startedAt ?? run.startedAt, job?.endedAt ?? run.endedAt, this.nowMs)
        return took === null ? null : formatDuration(took, duration)
      }),
      row(facts.submittedBy, ({ run, job }) => (job === null ? run.userName : formatSubmitter(job, this.t))),
      row(facts.experiment, ({ run }) => run.experimentName),
      row(this.t.compare.code, ({ code }) => code),
    ]
  }
  #group(heading: string, rows: readonly CompareRow[], width: number) {
    if (rows.length === 0) return nothing
    const shown = this.differences ? rows.filter(({ differs }) => differs) : rows
    const hidden = rows.length - shown.length
    const { compare } = this.t
    return html`<tbody>
      <tr>
        <th colspan=${width + 1} scope="rowgroup"><h2>${heading}</h2></th>
      </tr>
      ${shown.map((row) => this.#row(row))}
      ${
        hidden === 0
          ? nothing
          : html`<tr>
              <td colspan=${width + 1} class="muted">
                ${shown.length === 0 ? fill(compare.nothingDiffers, { n: hidden }) : counted(compare.hidden, hidden)}
              </td>
            </tr>`
      }
    </tbody>`
  }
  #row({ key, values, differs }: CompareRow) {
    return html`<tr class=${differs && !this.differences ? 'differs' : ''}>
      <th scope="row">${breakable(key)}</th>
      ${values.map((value) =>
        value === null
          ? html`<td class="muted" title=${this.t.compare.missing}>–</td>`
          : html`<td class="mono">${value}</td>`,
      )}
    </tr>`
  }
  #charts(runs: readonly ComparedRun[]) {
    const keys = curveKeys(runs)
    if (keys.length === 0) return nothing
    const ids = runs.map(({ run }) => run.id)
    return html`<h2>${this.t.compare.curves}</h2>
      <div class="charts">
        ${keys.map(
          (key) =>
            html`<nb-compare-chart .host=${this.host} .runIds=${this.#same(ids)} .metricKey=${key}></nb-compare-chart>`,
        )}
      </div>`
  }
  /** The same ids stay the same object, so that charts are not begun anew with each drawing. */
  #ids: readonly string[] = []
  #same(ids: readonly string[]): readonly string[] {
    if (ids.join() !== this.#ids.join()) this.#ids = ids
    return this.#ids
  }
}

const readRun = async ({ client, projectId }: Host, runId: string): Promise<ComparedRun> => {
  const run = await client.getRun({ params: { projectId, runId } })
  if (run.job === null) return { run, job: null, pin: null, code: null }
  const job = await client.getJob({ params: { projectId, jobId: run.job.id } })
  const [pin, snapshot] = await Promise.all([
    job.pinDigest === null
      ? null
      : client.getEnvironmentPin({ params: { projectId, digest: job.pinDigest } }).catch(() => null),
    client.getCodeSnapshot({ params: { projectId, snapshotId: job.snapshotId } }).catch(() => null),
  ])
  const git = snapshot?.git ?? null
  const code =
    git === null ? null : [git.branch, git.commit?.slice(0, 8), git.dirty ? '*' : null].filter(Boolean).join(' ')
  return { run, job, pin, code }
}

/** Register the element. */
export const defineRunCompare = (): void => defineElement('nb-run-compare', NbRunCompare)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-compare': NbRunCompare
  }
}
