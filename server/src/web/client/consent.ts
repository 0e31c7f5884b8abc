import { css, html, nothing } from 'lit'
import type { Locale, Me } from '@novabrain/contracts'
import { fill, prose } from '@novabrain/ui'
import { authorizeTexts, dayOf } from './authorize-texts.js'

/** Who asks for what, as a person must know it before they decide. */
export interface ConsentRequest {
  readonly me: Me
  readonly locale: Locale
  readonly clientName: string
  readonly keyExpiresAt: string
  /** One more sentence: where the browser goes, or when the program asked. */
  readonly detail: string
  readonly busy: boolean
  readonly decide: (decision: 'allow' | 'deny') => void
}

/** What is granted, to whom and until when, and two buttons. */
export const consent = ({ me, locale, clientName, keyExpiresAt, detail, busy, decide }: ConsentRequest) => {
  const t = authorizeTexts(locale)
  const names = { client: clientName, member: me.member.name, tenant: me.tenant.name }
  return html`<h1 tabindex="-1">${fill(t.heading, names)}</h1>
    <p>${fill(t.asks, names)}</p>
    <p>${fill(t.may, names)}</p>
    <p>${prose(fill(t.until, { date: dayOf(keyExpiresAt, locale) }))}</p>
    <p class="muted">${detail}</p>
    <p><strong>${t.onlyYours}</strong></p>
    <div class="buttons">
      <button class="primary" ?disabled=${busy} @click=${() => decide('allow')}>${t.allow}</button>
      <button ?disabled=${busy} @click=${() => decide('deny')}>${t.deny}</button>
    </div>`
}

/** How it ended; `openAgain` is an address for a browser that did not go there by itself. */
export const decided = (end: {
  readonly locale: Locale
  readonly clientName: string
  readonly decision: 'allow' | 'deny'
  readonly openAgain: string | null
}) => {
  const t = authorizeTexts(end.locale)
  const names = { client: end.clientName }
  const [heading, text] = end.decision === 'allow' ? [t.allowed, t.allowedText] : [t.denied, t.deniedText]
  const again = html`<p class="muted">
    ${fill(t.notOpened, names)} <a href=${end.openAgain ?? nothing}>${fill(t.openAgain, names)}</a>
  </p>`
  return html`<h1 tabindex="-1">${fill(heading, names)}</h1>
    <p role="status">${fill(text, names)}</p>
    ${end.openAgain === null ? nothing : again}`
}

/** The narrow column of these pages. */
export const consentStyles = css`
  .column {
    display: grid;
    gap: 12px;
    width: min(460px, 100% - 32px);
    margin: 10vh auto 32px;
    overflow-wrap: anywhere;
  }
  h1 {
    font-size: 1.5em;
    font-weight: 600;
  }
  h1:focus {
    outline: none;
  }
  a {
    color: var(--nb-accent);
  }
  form {
    display: grid;
    gap: 10px;
  }
  input.code {
    width: 14ch;
    min-height: 40px;
    font-family: var(--nb-font-mono);
    font-size: 1.5em;
    letter-spacing: 0.08em;
    text-transform: uppercase;
  }
  .buttons {
    display: flex;
    gap: 10px;
    margin-top: 8px;
  }
  .buttons button,
  form button {
    justify-self: start;
    min-height: 32px;
    padding-inline: 18px;
  }
`
