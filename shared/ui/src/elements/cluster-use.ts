import { html, nothing, svg, type TemplateResult } from 'lit'
import type {
  ClusterUse,
  IdleJob,
  PreemptionTold,
  TeamUse,
  Unsubscribe,
  UseStep,
  UseWindow,
} from '@novabrain/contracts'
import type { Host } from '../host.js'
import { formatAge } from '../format/age.js'
import { formatDuration } from '../format/duration.js'
import { counted, fill } from '../locales/strings.js'
import { NbElement } from './base.js'
import { clusterUseStyles } from './cluster-use-styles.js'
import { defineElement } from './define.js'
import { refreshOn } from './refresh.js'
import { Remote } from './remote.js'
import { retryCard } from './retry-card.js'

const windows: readonly UseWindow[] = ['day', 'week', 'month']
/** At most this often is it read again because something moved: the past of weeks does not change by the second. */
const pauseMs = 15_000

/** How the GPUs are used, now and over a day, a week or a month: by whom, what stands idle, and who had to make room. */
export class NbClusterUse extends NbElement {
  static override properties = { window: { type: String } }
  static override restartOn = ['host', 'window']
  static override styles = clusterUseStyles
  declare window: UseWindow
  #use = new Remote<ClusterUse>(this)
  #readAtMs = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  constructor() {
    super()
    this.window = 'day'
  }

  protected override start(host: Host): readonly Unsubscribe[] {
    this.#use.reset()
    this.#readAtMs = 0
    const read = async (): Promise<void> => {
      const restMs = this.#readAtMs + pauseMs - this.nowMs
      if (this.#use.value !== null && restMs > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined
          if (this.checkVisibility()) void read()
        }, restMs)
        return
      }
      this.#readAtMs = this.nowMs
      await this.#read(host)
    }
    const concerns = ({ type }: { type: string }) => type === 'nodes_changed' || type === 'job_changed'
    return [
      ...refreshOn(this, host, [], concerns, read),
      this.tickWhile(() => (this.#use.value?.idle.length ?? 0) > 0),
      () => {
        clearTimeout(this.#timer)
        this.#timer = undefined
      },
    ]
  }

  #read(host: Host): Promise<void> {
    return this.#use.load(() => host.client.getClusterUse({ query: { window: this.window } }))
  }

  override render() {
    const { host, t } = this
    const use = this.#use.value
    const bar = html`<nb-connection-bar .host=${host}></nb-connection-bar>`
    if (use === null && this.#use.error !== null) {
      return html`${bar}${retryCard(this.host, this.#use.error, () => host !== null && this.#read(host))}`
    }
    return html`${bar}${this.#windows()}${
      use === null ? html`<p class="muted" role="status">${t.loading}</p>` : this.#page(use)
    }`
  }
  #windows() {
    const t = this.t.use
    return html`<div class="bar" role="group" aria-label=${t.window}>
      <span class="muted">${t.window}</span>
      ${windows.map(
        (window) =>
          html`<button aria-pressed=${window === this.window} @click=${() => (this.window = window)}>
            ${t[window]}
          </button>`,
      )}
    </div>`
  }
  #page(use: ClusterUse) {
    const t = this.t.use
    if (use.now.gpuCount === 0 && use.total.gpuHours === 0)
      return html`<nb-empty-state .host=${this.host} heading=${t.empty} text=${t.emptyText}></nb-empty-state>`
    return html`${this.#figures(use)}
      <h2 id="over-time">${t.overTime}</h2>
      ${this.#chart(use)}
      <h2 id="teams">${t.teams}</h2>
      ${use.teams.length === 0 ? html`<p class="muted note">${t.noTeams}</p>` : this.#teams(use.teams)}
      <h2 id="idle" title=${t.idleHint}>${t.idle}</h2>
      ${use.idle.length === 0 ? html`<p class="muted note">${this.#noIdle(use)}</p>` : this.#idle(use.idle)}
      <h2 id="preemptions">${t.preemptions}</h2>
      ${
        use.preemptions.length === 0
          ? html`<p class="muted note">${t.noPreemptions}</p>`
          : this.#preemptions(use.preemptions, use.total.preemptions)
      }`
  }
  #noIdle({ total, now }: ClusterUse): string {
    const t = this.t.use
    return total.measured < 1000 && now.allocatedMilli > 0 ? t.noIdleUnmeasured : t.noIdle
  }

  #figures({ now, total }: ClusterUse) {
    const t = this.t.use
    const used = String(Math.round(now.allocatedMilli / 10) / 100)
    const measured = { percent: percent(total.measured) }
    const figures: readonly (readonly [string, string, string, string?])[] = [
      [
        t.inUse,
        fill(t.ofGpus, { used, n: now.gpuCount }),
        `${fill(t.wholeFree, { n: now.wholeFree })} · ${counted(t.waits, now.waiting)}`,
      ],
      [
        t.fragmentation,
        now.fragmentation === null ? '–' : percent(now.fragmentation),
        now.fragmentation === null ? t.fragmentationNone : t.fragmentationText,
        t.fragmentationHint,
      ],
      [
        t.allocated,
        total.allocated === null ? '–' : percent(total.allocated),
        fill(t.allocatedText, { hours: hoursOf(total.gpuHours, total.allocated) }),
      ],
      [
        t.busy,
        total.busy === null ? '–' : percent(total.busy),
        total.busy === null ? t.notMeasuredText : fill(t.busyText, measured),
      ],
      [t.preemptions, String(total.preemptions), t.preemptionsText],
    ]
    return html`<dl class="figures">
      ${figures.map(
        ([name, value, text, hint]) =>
          html`<div title=${hint ?? nothing}>
            <dt>${name}</dt>
            <dd class="value">${value}</dd>
            <dd class="muted">${text}</dd>
          </div>`,
      )}
    </dl>`
  }

  /** A bar a step; what was given in a light tone, what was measured at work in a full one before it. */
  #chart({ overTime, from, to, total }: ClusterUse) {
    const t = this.t.use
    const width = 1000 / Math.max(1, overTime.length)
    const unknown = overTime.some(({ allocated }) => allocated === null)
    return html`<div class="legend" aria-hidden="true">
        <span>${swatch('allocated')}${t.allocated}</span>
        ${total.busy === null ? nothing : html`<span>${swatch('busy')}${t.busy}</span>`}
        ${unknown ? html`<span>${swatch('unknown')}${t.unknown}</span>` : nothing}
        <span>${t.scale}</span>
      </div>
      <svg class="chart" viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-labelledby="over-time">
        ${[0, 500].map((y) => svg`<line class="grid" x1="0" x2="1000" y1=${y} y2=${y}></line>`)}
        ${overTime.map((step, index) => this.#step(step, index * width, width))}
      </svg>
      <div class="axis" aria-hidden="true"><span>${this.#instant(from)}</span><span>${this.#instant(to)}</span></div>`
  }
  #step(step: UseStep, x: number, width: number) {
    const { allocated, busy } = step
    const bar = (name: string, value: number) =>
      svg`<rect class=${name} x=${x + width * 0.12} width=${width * 0.76} y=${1000 - value} height=${value}></rect>`
    return svg`${allocated === null ? svg`<rect class="unknown" x=${x} width=${width} y="0" height="1000"></rect>` : bar('allocated', allocated)}
      ${busy === null ? nothing : bar('busy', busy)}
      <rect class="hit" x=${x} width=${width} y="0" height="1000"><title>${this.#stepText(step)}</title></rect>`
  }
  #stepText({ from, allocated, busy }: UseStep): string {
    const t = this.t.use
    const at = this.#instant(from)
    if (allocated === null) return fill(t.nothing, { at })
    if (busy === null) return fill(t.stepUnmeasured, { at, allocated: percent(allocated) })
    return fill(t.step, { at, allocated: percent(allocated), busy: percent(busy) })
  }
  #instant(at: string): string {
    return new Date(at).toLocaleString(this.locale, { dateStyle: 'medium', timeStyle: 'short' })
  }

  #teams(teams: readonly TeamUse[]) {
    const t = this.t.use
    return html`<div class="wide" role="region" tabindex="0" aria-labelledby="teams">
      <table aria-labelledby="teams">
        <thead>
          <tr>
            <th scope="col">${t.project}</th>
            <th scope="col">${t.person}</th>
            <th scope="col" class="number">${t.hours}</th>
            <th scope="col" class="share">${t.share}</th>
            <th scope="col" class="number">${t.jobs}</th>
            <th scope="col" class="number">${t.atWork}</th>
          </tr>
        </thead>
        <tbody>
          ${teams.map(
            (team) =>
              html`<tr>
                <td class=${team.projectName === null ? 'muted' : ''}>${team.projectName ?? t.others}</td>
                <td>${team.submittedBy ?? ''}</td>
                <td class="number">${hoursOf(team.gpuHours, team.share)}</td>
                <td class="share">
                  <span class="number">${percent(team.share)}</span>
                  <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="track" width="1000" height="10"></rect>
                    <rect class="busy" width=${team.share} height="10"></rect>
                  </svg>
                </td>
                <td class="number">${team.jobs}</td>
                <td class="number">
                  ${team.busy === null ? html`<span class="muted">${t.notMeasured}</span>` : percent(team.busy)}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }

  #idle(idle: readonly IdleJob[]) {
    const { t } = this
    return html`<div class="wide" role="region" tabindex="0" aria-labelledby="idle">
      <table aria-labelledby="idle">
        <thead>
          <tr>
            <th scope="col">${t.queue.job}</th>
            <th scope="col">${t.use.person}</th>
            <th scope="col">${t.use.project}</th>
            <th scope="col">${t.use.node}</th>
            <th scope="col">${t.use.holds}</th>
            <th scope="col" class="number">${t.use.idleSince}</th>
          </tr>
        </thead>
        <tbody>
          ${idle.map(
            (job) =>
              html`<tr>
                <td>${this.#job(job)}</td>
                <td>${job.submittedBy}</td>
                <td>${job.projectName}</td>
                <td>${job.nodeName}</td>
                <td>${counted(t.queue.gpus, job.gpuMilli / 1000)}</td>
                <td class="number">${formatDuration(this.nowMs - Date.parse(job.since), t.duration)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }

  #preemptions(items: readonly PreemptionTold[], all: number) {
    const { t } = this
    const words: Readonly<Record<string, string>> = t.use.whyOf
    return html`<div class="wide" role="region" tabindex="0" aria-labelledby="preemptions">
        <table aria-labelledby="preemptions">
          <thead>
            <tr>
              <th scope="col">${t.use.at}</th>
              <th scope="col">${t.queue.job}</th>
              <th scope="col">${t.use.person}</th>
              <th scope="col">${t.use.project}</th>
              <th scope="col" class="number">${t.use.ran}</th>
              <th scope="col">${t.use.why}</th>
              <th scope="col">${t.use.madeRoomFor}</th>
            </tr>
          </thead>
          <tbody>
            ${items.map(
              (item) =>
                html`<tr>
                  <td class="when muted">${formatAge(item.at, this.nowMs, t.duration, this.locale)}</td>
                  <td>${this.#job(item)}</td>
                  <td>${item.submittedBy}</td>
                  <td>${item.projectName}</td>
                  <td class="number">${formatDuration(item.ranMs, t.duration)}</td>
                  <td>${item.why === null ? '–' : (words[item.why] ?? item.why)}</td>
                  <td>${this.#forWhom(item)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${all > items.length ? html`<p class="muted note">${fill(t.use.more, { n: items.length, all })}</p>` : nothing}`
  }
  #job({ jobId, jobNumber, jobName }: { jobId: string; jobNumber: number; jobName: string }): TemplateResult {
    return html`<button class="link" @click=${() => this.host?.openJob(jobId)}>${jobName}</button>
      <span class="muted number">#${jobNumber}</span>`
  }
  #forWhom({ forJobId, forJobNumber, why }: PreemptionTold) {
    if (why === 'shutdown') return ''
    if (forJobId === null) return html`<span class="muted">${why === null ? '–' : this.t.use.otherJob}</span>`
    return html`<button class="link" @click=${() => this.host?.openJob(forJobId)}>#${forJobNumber}</button>`
  }
}

/** A share in thousandths as a whole percentage; a little is never told as nothing. */
const percent = (permille: number): string =>
  permille > 0 && permille < 5 ? '<1 %' : `${String(Math.round(permille / 10))} %`

/** Hours to a hundredth, where less was used than that: a little is never told as nothing. */
const hoursOf = (hours: number, permille: number | null): string =>
  hours === 0 && permille !== null && permille > 0 ? '<0.01' : String(hours)

const swatch = (name: string) =>
  html`<svg viewBox="0 0 10 10"><rect class=${name} width="10" height="10" rx="2"></rect></svg>`

/** Register the element. */
export const defineClusterUse = (): void => defineElement('nb-cluster-use', NbClusterUse)

declare global {
  interface HTMLElementTagNameMap {
    'nb-cluster-use': NbClusterUse
  }
}
