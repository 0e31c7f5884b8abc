import type { Message } from '@lumino/messaging'
import { Widget } from '@lumino/widgets'
import type { ISession, SessionState } from '../tokens.js'
import type { SignedOutTexts } from './signed-out.js'

interface ElementWidgetOptions {
  readonly session: ISession
  /** Make the element for a signed-in member; called when the widget is first seen, and after each sign-in. */
  readonly element: (state: Extract<SessionState, { kind: 'signed_in' }>) => Promise<HTMLElement>
  readonly texts: SignedOutTexts
}

/**
 * A widget that shows one of our elements. Nothing of it is loaded before it is seen. Signed out and unreachable are
 * pages of the widget, never pop-ups.
 */
export class ElementWidget extends Widget {
  readonly #options: ElementWidgetOptions
  #drawn: SessionState | null = null

  constructor(options: ElementWidgetOptions) {
    super()
    this.addClass('nb-Widget')
    this.#options = options
    options.session.changed.connect(this.#draw, this)
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message)
    this.#draw()
  }
  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message)
    this.#draw()
  }
  protected override onActivateRequest(): void {
    const inside = this.node.firstElementChild
    if (inside instanceof HTMLElement) inside.focus()
  }
  override dispose(): void {
    this.#options.session.changed.disconnect(this.#draw, this)
    super.dispose()
  }

  #draw(): void {
    const { session } = this.#options
    if (!this.isVisible || this.#drawn === session.state) return
    const state = session.state
    this.#drawn = state
    void this.#content(state).then((content) => {
      if (this.#drawn === state && !this.isDisposed) this.node.replaceChildren(content)
    })
    if (state.kind === 'connecting') void session.retry()
  }
  async #content(state: SessionState): Promise<HTMLElement> {
    if (state.kind === 'signed_in') return this.#options.element(state)
    const { signedOutPage } = await import('./signed-out.js')
    return signedOutPage(this.#options.session, state, this.#options.texts)
  }
}
