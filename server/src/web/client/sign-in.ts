import { css, html, LitElement, nothing } from 'lit'
import { NovaBrainError, type CardError, type Client, type Locale } from '@novabrain/contracts'
import { baseStyles, cardErrorOf, prose, stringsOf } from '@novabrain/ui'

/** The page of who is not signed in: one field for an API key. Sends `signed-in`. */
export class SignInPage extends LitElement {
  static override properties = {
    client: { attribute: false },
    locale: { type: String },
    error: { state: true },
    busy: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      form {
        display: grid;
        gap: 10px;
        width: min(380px, 100% - 32px);
        margin: 12vh auto 0;
      }
      h1 {
        font-size: 1.5em;
        font-weight: 600;
      }
      label {
        margin-top: 8px;
      }
      form input {
        width: 100%;
        min-height: 34px;
        font-family: var(--nb-font-mono);
      }
      button {
        justify-self: start;
        min-height: 32px;
        padding-inline: 18px;
      }
    `,
  ]
  declare client: Client | null
  declare locale: Locale
  declare private error: CardError | null
  declare private busy: boolean
  constructor() {
    super()
    this.client = null
    this.locale = 'en'
    this.error = null
    this.busy = false
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector('input')?.focus()
  }
  override render() {
    const t = stringsOf(this.locale).web
    return html`<form @submit=${(event: Event) => void this.#submit(event)}>
      <h1>${t.signInHeading}</h1>
      <p class="muted">${prose(t.signInText)}</p>
      <label for="key">${t.apiKey}</label>
      <input id="key" type="password" autocomplete="current-password" spellcheck="false" required />
      <button class="primary" ?disabled=${this.busy}>${this.busy ? t.signingIn : t.signIn}</button>
      ${this.error === null ? nothing : html`<nb-error-card .error=${this.error}></nb-error-card>`}
    </form>`
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault()
    const token = this.renderRoot.querySelector('input')?.value.trim() ?? ''
    if (token === '' || this.client === null || this.busy) return
    this.busy = true
    this.error = null
    try {
      await this.client.signIn({ body: { token } })
      this.dispatchEvent(new CustomEvent('signed-in', { bubbles: true, composed: true }))
    } catch (error) {
      this.error = cardErrorOf(error, this.locale)
      if (!(error instanceof NovaBrainError)) this.error = { ...this.error, remedy: null }
    }
    this.busy = false
  }
}
customElements.define('nb-sign-in', SignInPage)

declare global {
  interface HTMLElementTagNameMap {
    'nb-sign-in': SignInPage
  }
}
