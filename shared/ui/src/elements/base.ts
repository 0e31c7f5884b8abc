import { LitElement, type CSSResultGroup, type PropertyValues } from 'lit'
import type { Locale, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { stringsOf, type Strings } from '../locales/strings.js'
import { baseStyles } from './styles.js'
import { everySecond } from './ticker.js'

/**
 * What every element shares: its host, its texts, and a life. `start` is called when the element is in the page with a
 * host, and again whenever a property named in `restartOn` changes; what it returns is called when that life ends.
 */
export abstract class NbElement extends LitElement {
  static override properties: Record<string, object> = { host: { attribute: false } }
  static override styles: CSSResultGroup = baseStyles
  /** Properties whose change begins a new life. */
  static restartOn: readonly string[] = ['host']

  declare host: Host | null
  #ends: Unsubscribe[] = []

  constructor() {
    super()
    this.host = null
  }

  /** The texts in the reader's language. */
  protected get t(): Strings {
    return stringsOf(this.locale)
  }
  protected get locale(): Locale {
    return this.host?.locale() ?? 'en'
  }
  protected get nowMs(): number {
    return this.host?.now() ?? Date.now()
  }

  /** Begin a life; the answers end it. */
  protected start(_host: Host): readonly Unsubscribe[] {
    return []
  }

  /** Draw again each second while on screen, for ages. A hidden element costs nothing. */
  protected tickWhile(wanted: () => boolean): Unsubscribe {
    return everySecond(() => {
      if (wanted() && this.checkVisibility()) this.requestUpdate()
    })
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) this.#restart()
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop()
  }
  protected override willUpdate(changed: PropertyValues): void {
    const { restartOn } = this.constructor as typeof NbElement
    if (restartOn.some((name) => changed.has(name))) this.#restart()
  }

  #restart(): void {
    this.#stop()
    if (this.host !== null && this.isConnected) this.#ends = [...this.start(this.host)]
  }
  #stop(): void {
    const ends = this.#ends
    this.#ends = []
    for (const end of ends) end()
  }
}
