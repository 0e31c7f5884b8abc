import { html, type TemplateResult } from 'lit'
import { cardErrorOf } from '../format/error.js'
import type { Host } from '../host.js'
import { stringsOf } from '../locales/strings.js'

/** What could not be read, in the place of it, with a button that reads it again. */
export const retryCard = (host: Host | null, error: unknown, again: () => unknown): TemplateResult => {
  const locale = host?.locale() ?? 'en'
  return html`<nb-error-card
    class="inset"
    .host=${host}
    .error=${cardErrorOf(error, locale)}
    action=${stringsOf(locale).action.retry}
    @nb-activate=${() => void again()}
  ></nb-error-card>`
}
