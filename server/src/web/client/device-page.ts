import { html, LitElement, nothing, type PropertyValues } from 'lit'
import type { CardError, Client, Locale, Me, PendingDeviceAuthorization } from '@novabrain/contracts'
import { baseStyles, cardErrorOf, fill } from '@novabrain/ui'
import { authorizeTexts, timeOf } from './authorize-texts.js'
import { consent, consentStyles, decided } from './consent.js'

type State =
  | { readonly kind: 'entering'; readonly error: CardError | null; readonly busy: boolean }
  | {
      readonly kind: 'asking'
      readonly userCode: string
      readonly pending: PendingDeviceAuthorization
      readonly busy: boolean
    }
  | { readonly kind: 'decided'; readonly clientName: string; readonly decision: 'allow' | 'deny' }

/** The page for a program that has no browser: a code is entered, the person sees who asks, and decides. */
export class DevicePage extends LitElement {
  static override properties = {
    client: { attribute: false },
    me: { attribute: false },
    locale: { type: String },
    userCode: { type: String },
    state: { state: true },
  }
  static override styles = [baseStyles, consentStyles]
  declare client: Client | null
  declare me: Me | null
  declare locale: Locale
  /** The code that came with the address; the person may still change it. */
  declare userCode: string
  declare private state: State
  constructor() {
    super()
    this.client = null
    this.me = null
    this.locale = 'en'
    this.userCode = ''
    this.state = { kind: 'entering', error: null, busy: false }
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector('input')?.focus()
  }
  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('userCode') && this.userCode !== '') void this.#find(this.userCode)
  }

  async #find(userCode: string): Promise<void> {
    if (userCode === '' || this.client === null) return
    this.state = { kind: 'entering', error: null, busy: true }
    try {
      const pending = await this.client.findDeviceAuthorization({ body: { userCode } })
      this.state = { kind: 'asking', userCode, pending, busy: false }
    } catch (error) {
      this.#fail(error)
    }
  }

  async #decide(decision: 'allow' | 'deny', asking: Extract<State, { kind: 'asking' }>): Promise<void> {
    if (this.client === null) return
    this.state = { ...asking, busy: true }
    try {
      await this.client.decideDeviceAuthorization({ body: { userCode: asking.userCode, decision } })
      this.state = { kind: 'decided', clientName: asking.pending.clientName, decision }
    } catch (error) {
      this.#fail(error)
    }
  }
  #fail(error: unknown): void {
    this.state = { kind: 'entering', error: cardErrorOf(error, this.locale), busy: false }
  }

  override render() {
    return html`<div class="column">${this.#content()}</div>`
  }
  #content() {
    const { state, locale, me } = this
    if (me === null) return ''
    switch (state.kind) {
      case 'entering':
        return this.#form(state)
      case 'decided':
        return decided({ locale, clientName: state.clientName, decision: state.decision, openAgain: null })
      case 'asking':
        return consent({
          me,
          locale,
          clientName: state.pending.clientName,
          keyExpiresAt: state.pending.keyExpiresAt,
          detail: fill(authorizeTexts(locale).began, { time: timeOf(state.pending.createdAt, locale) }),
          busy: state.busy,
          decide: (decision) => void this.#decide(decision, state),
        })
    }
  }
  #form({ error, busy }: Extract<State, { kind: 'entering' }>) {
    const t = authorizeTexts(this.locale)
    const submit = (event: Event) => {
      event.preventDefault()
      void this.#find(this.renderRoot.querySelector('input')?.value.trim() ?? '')
    }
    return html`<h1>${t.codeHeading}</h1>
      <p class="muted">${t.codeText}</p>
      <form @submit=${submit}>
        <label for="code">${t.code}</label>
        <input
          id="code"
          class="code"
          placeholder="BCDF-GHJK"
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck="false"
          minlength="8"
          maxlength="20"
          required
          .value=${this.userCode}
        />
        <button class="primary" ?disabled=${busy}>${t.next}</button>
      </form>
      ${error === null ? nothing : html`<nb-error-card .error=${error}></nb-error-card>`}`
  }
}
customElements.define('nb-device-page', DevicePage)

declare global {
  interface HTMLElementTagNameMap {
    'nb-device-page': DevicePage
  }
}
