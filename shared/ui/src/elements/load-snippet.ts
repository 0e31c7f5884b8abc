import { html } from 'lit'
import type { Host } from '../host.js'
import { stringsOf } from '../locales/strings.js'
import { icons } from './icons.js'

/** The line of Python that loads a model, and a button that copies it. `which` is a number, or an alias after `@`. */
export const loadSnippet = (host: Host, name: string, which: string) => {
  const { action, models } = stringsOf(host.locale())
  const code = `mlflow.pyfunc.load_model(${pythonText(`models:/${name}${which.startsWith('@') ? which : `/${which}`}`)})`
  const copy = async () => {
    await host.copyText(code)
    host.notify(action.copied, 'information')
  }
  return html`<div class="snippet" role="group" aria-label=${models.use}>
    <code>${code}</code>
    <button class="quiet" title=${action.copy} aria-label="${action.copy}: ${models.use}" @click=${() => void copy()}>
      ${icons.copy}
    </button>
  </div>`
}

/** A text as Python reads it; JSON writes texts the same way. */
const pythonText = (text: string): string => JSON.stringify(text)
