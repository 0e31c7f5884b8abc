import { html, LitElement, type PropertyValues } from 'lit'
import type { AuthorizationPreview, CardError, Client, CreateAuthorization, Locale, Me } from '@novabrain/contracts'
import { baseStyles, cardErrorOf, fill } from '@novabrain/ui'
import { authorizeTexts } from './authorize-texts.js'
import { consent, consentStyles, decided } from './consent.js'
import type { AuthorizationRequest } from './router.js'

type State =
  | { readonly kind: 'loading' }
  | { readonly kind: 'refused'; readonly error: CardError }
  | { readonly kind: 'asking'; readonly preview: AuthorizationPreview; readonly busy: boolean }
  | { readonly kind: 'decided'; readonly decision: 'allow' | 'deny'; readonly to: string }

/**
 * The page an editor opens to be let in through the browser. It asks the server first whether such a request may be made
 * at all; then the person decides; then the browser goes back to the editor, with a one-time code or without.
 */
export class AuthorizePage extends LitElement {
  static override properties = {
    client: { attribute: false },
    me: { attribute: false },
    locale: { type: String },
    request: { attribute: false },
    state: { state: true },
  }
  static override styles = [baseStyles, consentStyles]
  declare client: Client | null
  declare me: Me | null
  declare locale: Locale
  declare request: AuthorizationRequest | null
  declare private state: State
  constructor() {
    super()
    this.client = null
    this.me = null
    this.locale = 'en'
    this.request = null
    this.state = { kind: 'loading' }
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('request')) void this.#preview()
  }

  get #body(): CreateAuthorization | null {
    const { client = '', redirect = '', challenge = '', state = null } = this.request ?? {}
    if (client === '' || redirect === '' || challenge === '') return null
    const wanted = { clientName: client, redirectUri: redirect, codeChallenge: challenge }
    return state === null ? wanted : { ...wanted, state }
  }

  async #preview(): Promise<void> {
    const body = this.#body
    if (body === null || this.client === null) return
    this.state = { kind: 'loading' }
    try {
      const preview = await this.client.previewAuthorization({ body })
      this.state = { kind: 'asking', preview, busy: false }
    } catch (error) {
      this.state = { kind: 'refused', error: cardErrorOf(error, this.locale) }
    }
  }

  async #decide(decision: 'allow' | 'deny', preview: AuthorizationPreview): Promise<void> {
    const body = this.#body
    if (body === null || this.client === null) return
    this.state = { kind: 'asking', preview, busy: true }
    try {
      const allowed = decision === 'allow' ? await this.client.createAuthorization({ body }) : null
      const to = allowed?.redirectTo ?? preview.deniedTo
      this.state = { kind: 'decided', decision, to }
      location.assign(to)
    } catch (error) {
      this.state = { kind: 'refused', error: cardErrorOf(error, this.locale) }
    }
  }

  override render() {
    return html`<div class="column">${this.#content()}</div>`
  }
  #content() {
    const { state, locale, me, request } = this
    const t = authorizeTexts(locale)
    if (me === null || request === null) return ''
    if (this.#body === null)
      return html`<nb-empty-state heading=${t.incomplete} text=${t.incompleteText}></nb-empty-state>`
    switch (state.kind) {
      case 'loading':
        return ''
      case 'refused':
        return html`<nb-error-card .error=${state.error}></nb-error-card>`
      case 'decided':
        return decided({ locale, clientName: request.client, decision: state.decision, openAgain: state.to })
      case 'asking':
        return consent({
          me,
          locale,
          clientName: request.client,
          keyExpiresAt: state.preview.keyExpiresAt,
          detail: fill(t.goesTo, { place: placeOf(request.redirect) }),
          busy: state.busy,
          decide: (decision) => void this.#decide(decision, state.preview),
        })
    }
  }
}

/** Where an address leads, without what only programs read. */
const placeOf = (address: string): string => {
  const { protocol, host } = new URL(address)
  return `${protocol}//${host}`
}

customElements.define('nb-authorize-page', AuthorizePage)

declare global {
  interface HTMLElementTagNameMap {
    'nb-authorize-page': AuthorizePage
  }
}
