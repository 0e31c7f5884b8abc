import { sentences, type Locale } from '@novabrain/contracts'
import { defineElements } from '@novabrain/ui'
import { signInError } from '../models/sign-in-error.js'
import { useTheme } from './theme.js'
import type { ISession, SessionState } from '../tokens.js'

/** The words of the page that stands where a run list would be. */
export interface SignedOutTexts {
  readonly connecting: string
  readonly signedOutHeading: string
  readonly signedOutText: string
  readonly signedOutDirect: string
  readonly tokenLabel: string
  readonly signIn: string
  readonly awayHeading: string
  readonly awayText: string
  readonly retry: string
  readonly locale: Locale
}

/** The page for somebody who is not signed in, or whose server is away. */
export const signedOutPage = async (
  session: ISession,
  state: Exclude<SessionState, { kind: 'signed_in' }>,
  texts: SignedOutTexts,
): Promise<HTMLElement> => {
  useTheme()
  if (state.kind === 'signed_out') {
    const { mode } = await session.transport()
    const text = mode === 'proxied' ? texts.signedOutText : texts.signedOutDirect
    return signInForm(session, state.serverUrl, { ...texts, signedOutText: text })
  }
  if (state.kind === 'unreachable')
    return emptyState(
      { heading: texts.awayHeading, text: `${texts.awayText} ${state.serverUrl}`, action: texts.retry },
      () => session.retry(),
    )
  return emptyState({ heading: '', text: texts.connecting, action: '' }, () => undefined)
}

const emptyState = (words: { heading: string; text: string; action: string }, act: () => unknown): HTMLElement => {
  defineElements()
  const element = Object.assign(document.createElement('nb-empty-state'), words)
  element.addEventListener('nb-activate', () => void act())
  return element
}

const signInForm = (session: ISession, serverUrl: string, texts: SignedOutTexts): HTMLElement => {
  const form = document.createElement('form')
  form.className = 'nb-SignIn'
  const field = make('input', { type: 'password', autocomplete: 'off', required: true, name: 'token' })
  field.setAttribute('aria-label', texts.tokenLabel)
  field.placeholder = texts.tokenLabel
  const button = make('button', { type: 'submit', textContent: texts.signIn, className: 'jp-mod-styled jp-mod-accept' })
  const refusal = make('p', { className: 'nb-SignIn-refusal' })
  refusal.setAttribute('role', 'alert')
  form.append(
    make('h2', { textContent: texts.signedOutHeading }),
    make('p', { textContent: texts.signedOutText }),
    make('p', { textContent: serverUrl, className: 'nb-SignIn-address' }),
    field,
    button,
    refusal,
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    button.disabled = true
    refusal.textContent = ''
    session
      .signIn(field.value.trim())
      .catch((error: unknown) => {
        const { message, remedy, code } = signInError(error, texts.locale)
        refusal.textContent = `${sentences([message, remedy], texts.locale)}${code === null ? '' : ` (${code})`}`
      })
      .finally(() => (button.disabled = false))
  })
  return form
}

const make = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
): HTMLElementTagNameMap[K] => Object.assign(document.createElement(tag), properties)
