import { css, html, nothing } from 'lit'
import type { EnvironmentPin, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { cardErrorOf } from '../format/error.js'
import { counted } from '../locales/strings.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { Remote } from './remote.js'
import { panelStyles } from './run-page-styles.js'

/** The environment a run had: exactly these packages, and a way to have them again. */
export class NbRunEnvironment extends NbElement {
  static override properties = { pinDigest: { attribute: false }, filter: { state: true } }
  static override restartOn = ['host', 'pinDigest']
  static override styles = [
    ...panelStyles,
    css`
      .packages {
        columns: 260px;
        column-gap: 32px;
        list-style: none;
      }
      .packages li {
        display: flex;
        justify-content: space-between;
        gap: 12px;
        padding: 2px 0;
        break-inside: avoid;
        border-bottom: 1px solid color-mix(in srgb, var(--nb-border) 45%, transparent);
      }
    `,
  ]
  /** The pin, or `null` where the job ran in the Python of the node. */
  declare pinDigest: string | null
  declare private filter: string
  #pin = new Remote<EnvironmentPin>(this)
  constructor() {
    super()
    this.pinDigest = null
    this.filter = ''
  }
  protected override start(host: Host): readonly Unsubscribe[] {
    const { pinDigest } = this
    this.#pin.reset()
    if (pinDigest !== null)
      void this.#pin.load(() =>
        host.client.getEnvironmentPin({ params: { projectId: host.projectId, digest: pinDigest } }),
      )
    return []
  }
  override render() {
    const { host, t, pinDigest } = this
    const pin = this.#pin.value
    if (pinDigest === null)
      return html`<nb-empty-state
        .host=${host}
        heading=${t.environment.none}
        text=${t.environment.noneText}
      ></nb-empty-state>`
    if (pin === null && this.#pin.error !== null)
      return html`<nb-error-card .host=${host} .error=${cardErrorOf(this.#pin.error, this.locale)}></nb-error-card>`
    if (pin === null) return html`<p class="muted" role="status">${t.loading}</p>`
    return html`<section>${this.#facts(pin)}</section>
      ${pin.unavailable.length === 0 ? nothing : html`<section>${this.#unavailable(pin)}</section>`}
      <section>${this.#packages(pin)}</section>`
  }
  #facts(pin: EnvironmentPin) {
    const { environment } = this.t
    return html`<dl class="facts">
      <dt>${environment.python}</dt>
      <dd>${pin.pythonVersion}</dd>
      <dt>${environment.platform}</dt>
      <dd>${pin.platform}</dd>
      ${
        pin.cudaVersion === null
          ? nothing
          : html`<dt>${environment.cuda}</dt>
              <dd>${pin.cudaVersion}</dd>`
      }
      <dt>${environment.digest}</dt>
      <dd class="mono">${pin.digest}</dd>
    </dl>`
  }
  #unavailable(pin: EnvironmentPin) {
    const { t } = this
    return html`<h2>${t.environment.unavailable}</h2>
      <table>
        <tbody>
          ${pin.unavailable.map(
            ({ name, version, reason }) =>
              html`<tr>
                <td class="mono">${name} ${version}</td>
                <td>${t.unavailable[reason]}</td>
              </tr>`,
          )}
        </tbody>
      </table>`
  }
  #packages(pin: EnvironmentPin) {
    const { t, host } = this
    const shown = pin.packages.filter(({ name }) => name.includes(this.filter))
    const type = (event: Event) => (this.filter = (event.currentTarget as HTMLInputElement).value.toLowerCase())
    const restore = html`<button @click=${() => host?.restoreEnvironment?.(pin.digest)}>${t.action.restore}</button>`
    return html`<div class="bar">
        <h2>${counted(t.environment.packages, pin.packages.length)}</h2>
        <input type="search" placeholder=${t.environment.filter} aria-label=${t.environment.filter} @input=${type} />
        <span class="end"></span>
        ${host?.restoreEnvironment === undefined ? nothing : restore}
        <button @click=${() => void this.#saveLock(pin)}>${icons.download} ${t.environment.lock}</button>
      </div>
      ${
        shown.length === 0
          ? html`<p class="muted">${t.environment.noMatch}</p>`
          : html`<ul class="packages">
              ${shown.map(
                ({ name, version }) =>
                  html`<li class="mono"><span>${name}</span><span class="muted">${version}</span></li>`,
              )}
            </ul>`
      }`
  }
  async #saveLock(pin: EnvironmentPin): Promise<void> {
    const { host } = this
    if (host === null) return
    try {
      const params = { projectId: host.projectId, digest: pin.digest }
      const bytes = await host.client.getEnvironmentLock({ params })
      await host.saveFile(`requirements-${pin.digest.slice(0, 12)}.txt`, bytes)
    } catch (error) {
      host.notify(cardErrorOf(error, this.locale).message, 'error')
    }
  }
}

/** Register the element. */
export const defineRunEnvironment = (): void => defineElement('nb-run-environment', NbRunEnvironment)

declare global {
  interface HTMLElementTagNameMap {
    'nb-run-environment': NbRunEnvironment
  }
}
