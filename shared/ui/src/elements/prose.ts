import { html } from 'lit'

/** A sentence of the catalogue, with what stands between backticks shown as code. */
export const prose = (text: string) =>
  text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))
