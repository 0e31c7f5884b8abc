import { css, html, nothing } from 'lit'
import { cardErrorOf } from '../format/error.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { icons } from './icons.js'
import { baseStyles } from './styles.js'

/** A text that a reader with the right may write anew in its place: Ctrl or Cmd with Enter saves, Escape leaves it. */
export class NbEditableText extends NbElement {
  static override properties = {
    text: { type: String },
    editable: { type: Boolean },
    save: { attribute: false },
    editing: { state: true },
    saving: { state: true },
    error: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      p {
        max-width: 80ch;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .read {
        display: flex;
        align-items: baseline;
        gap: 6px;
      }
      .empty {
        margin-inline-start: -6px;
        color: var(--nb-fg-muted);
      }
      textarea {
        display: block;
        width: 100%;
        max-width: 80ch;
        min-height: 6em;
        padding: 6px 8px;
        border: 1px solid var(--nb-border);
        border-radius: var(--nb-radius, 3px);
        background: var(--nb-bg);
        color: inherit;
        font: inherit;
        resize: vertical;
      }
      .buttons {
        display: flex;
        gap: 6px;
        margin-top: 6px;
      }
      nb-error-card {
        margin-top: 8px;
      }
    `,
  ]
  declare text: string
  declare editable: boolean
  /** Keeps the new text; what it throws is shown. */
  declare save: ((text: string) => Promise<unknown>) | null
  declare private editing: boolean
  declare private saving: boolean
  declare private error: unknown
  /** What is being written stays, though somebody else saves another text meanwhile. */
  #draft = ''

  constructor() {
    super()
    this.text = ''
    this.editable = false
    this.save = null
    this.editing = false
    this.saving = false
    this.error = null
  }

  override render() {
    return this.editing ? this.#form() : this.#read()
  }
  #read() {
    const { models } = this.t
    const begin = () => this.#begin()
    const edit =
      this.text === ''
        ? html`<button class="quiet empty" @click=${begin}>${icons.edit} ${models.describe}</button>`
        : html`<button
            class="quiet"
            aria-label=${models.editDescription}
            title=${models.editDescription}
            @click=${begin}
          >
            ${icons.edit}
          </button>`
    return html`<div class="read">
      ${
        this.text !== ''
          ? html`<p>${this.text}</p>`
          : this.editable
            ? nothing
            : html`<p class="muted">${models.noDescription}</p>`
      }
      ${this.editable ? edit : nothing}
    </div>`
  }
  #form() {
    const { models } = this.t
    return html`<textarea
        aria-label=${models.description}
        maxlength="5000"
        .value=${this.#draft}
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
      ></textarea>
      ${
        this.error === null
          ? nothing
          : html`<nb-error-card .host=${this.host} .error=${cardErrorOf(this.error, this.locale)}></nb-error-card>`
      }
      <div class="buttons">
        <button class="primary" ?disabled=${this.saving} @click=${() => void this.#keep()}>${models.save}</button>
        <button @click=${() => this.#end()}>${models.cancel}</button>
      </div>`
  }
  #begin(): void {
    this.editing = true
    this.#draft = this.text
    this.error = null
    void this.updateComplete.then(() => this.renderRoot.querySelector('textarea')?.focus())
  }
  #end(): void {
    this.editing = false
    void this.updateComplete.then(() => this.renderRoot.querySelector('button')?.focus())
  }
  #key(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.#end()
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void this.#keep()
    event.stopPropagation()
  }
  async #keep(): Promise<void> {
    const text = this.renderRoot.querySelector('textarea')?.value.trim() ?? ''
    this.saving = true
    try {
      await this.save?.(text)
      this.text = text
      this.#end()
    } catch (error) {
      this.error = error
    }
    this.saving = false
  }
}

/** Register the element. */
export const defineEditableText = (): void => defineElement('nb-editable-text', NbEditableText)

declare global {
  interface HTMLElementTagNameMap {
    'nb-editable-text': NbEditableText
  }
}
