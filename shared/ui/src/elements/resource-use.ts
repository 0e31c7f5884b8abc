import { css, html, nothing, type PropertyValues } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { jobEnded, type Job, type ResourceSample, type Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { cardErrorOf } from '../format/error.js'
import { resourceUse, type ResourceUse } from '../format/resource-use.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { Remote } from './remote.js'
import { baseStyles } from './styles.js'

/** No event tells of a new measurement: while the attempt runs and is in view they are read this often. */
const readEveryMs = 5000

/** What the latest attempt of a job uses of processors, memory and GPUs, beside what it asked for. */
export class NbResourceUse extends NbElement {
  static override properties = { job: { attribute: false }, attemptId: { state: true } }
  static override restartOn = ['host', 'attemptId']
  static override styles = [
    baseStyles,
    css`
      h2 {
        padding-bottom: 6px;
      }
      .charts {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(220px, 100%), 1fr));
        gap: 14px 28px;
      }
    `,
  ]
  declare job: Job | null
  declare private attemptId: string
  #samples = new Remote<readonly ResourceSample[]>(this)
  #readAtMs = 0
  #made: { samples: unknown; job: unknown; uses: readonly ResourceUse[] } | null = null

  constructor() {
    super()
    this.job = null
    this.attemptId = ''
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('job')) this.attemptId = this.job?.attempt?.id ?? ''
    super.willUpdate(changed)
    const before = changed.get('job') as Job | null | undefined
    const { job } = this
    const ended = job !== null && before?.id === job.id && jobEnded(job.status) && !jobEnded(before.status)
    if (ended) void this.#read()
  }

  protected override start(_host: Host): readonly Unsubscribe[] {
    this.#samples.reset()
    this.#readAtMs = 0
    if (this.attemptId === '') return []
    void this.#read()
    return [this.tickWhile(() => this.#due())]
  }
  /** Asked once a second; reading is what the second is used for, so nothing is drawn that has not changed. */
  #due(): boolean {
    const running = this.job !== null && !jobEnded(this.job.status)
    if (running && this.checkVisibility() && Date.now() - this.#readAtMs >= readEveryMs) void this.#read()
    return false
  }
  async #read(): Promise<void> {
    const { host, job, attemptId } = this
    if (host === null || job === null || attemptId === '') return
    this.#readAtMs = Date.now()
    const params = { projectId: host.projectId, jobId: job.id, attemptId }
    await this.#samples.load(async () => (await host.client.listResourceSamples({ params })).items)
  }

  override render() {
    const { job, t, host } = this
    const samples = this.#samples.value
    if (job === null || this.attemptId === '') return nothing
    if (samples === null) return this.#samples.error === null ? nothing : this.#failed(this.#samples.error)
    const uses = this.#uses(samples, job)
    const none = jobEnded(job.status) ? t.resource.none : t.resource.notYet
    return html`<h2>${t.resource.heading}</h2>
      ${
        uses.length === 0
          ? html`<p class="muted">${none}</p>`
          : html`<div class="charts">
              ${repeat(
                uses,
                ({ kind }) => kind,
                (use) => html`<nb-resource-chart .host=${host} .use=${use}></nb-resource-chart>`,
              )}
            </div>`
      }`
  }
  #failed(error: unknown) {
    return html`<h2>${this.t.resource.heading}</h2>
      <nb-error-card
        .host=${this.host}
        .error=${cardErrorOf(error, this.locale)}
        action=${this.t.action.retry}
        @nb-activate=${() => void this.#read()}
      ></nb-error-card>`
  }
  #uses(samples: readonly ResourceSample[], job: Job): readonly ResourceUse[] {
    if (this.#made?.samples !== samples || this.#made.job !== job)
      this.#made = { samples, job, uses: resourceUse(samples, job) }
    return this.#made.uses
  }
}

/** Register the element. */
export const defineResourceUse = (): void => defineElement('nb-resource-use', NbResourceUse)

declare global {
  interface HTMLElementTagNameMap {
    'nb-resource-use': NbResourceUse
  }
}
