import { css } from 'lit'

/** What every element begins with: fonts, colours, buttons, focus. */
export const baseStyles = css`
  :host {
    display: block;
    box-sizing: border-box;
    color: var(--nb-fg);
    font-family: var(--nb-font);
    font-size: var(--nb-font-size, 13px);
    line-height: 1.45;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--nb-focus);
    outline-offset: -1px;
  }
  h1,
  h2,
  h3,
  p,
  dl,
  dd,
  ul,
  ol {
    margin: 0;
    padding: 0;
  }
  h2 {
    font-size: 1em;
    font-weight: 600;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
  }
  button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 26px;
    padding: 2px 10px;
    border: 1px solid var(--nb-border);
    border-radius: var(--nb-radius, 3px);
    background: var(--nb-bg);
    cursor: pointer;
    white-space: nowrap;
  }
  button:hover:not(:disabled) {
    background: var(--nb-bg-hover);
  }
  button:disabled {
    color: var(--nb-fg-muted);
    cursor: default;
  }
  button.primary {
    border-color: var(--nb-primary-border, var(--nb-primary));
    background: var(--nb-primary);
    color: var(--nb-primary-fg);
    font-weight: 600;
  }
  button.primary:disabled {
    border-color: var(--nb-border);
    background: var(--nb-bg-hover);
    color: var(--nb-fg-muted);
  }
  button.primary:hover:not(:disabled) {
    background: color-mix(in srgb, var(--nb-primary) 88%, var(--nb-fg));
  }
  @media (forced-colors: active) {
    button.primary:not(:disabled) {
      forced-color-adjust: none;
    }
  }
  button.primary:focus-visible {
    outline-offset: 2px;
  }
  button.quiet {
    border-color: transparent;
    background: none;
    padding: 2px 6px;
  }
  button.quiet:hover:not(:disabled) {
    background: var(--nb-bg-hover);
  }
  button.link {
    min-height: 0;
    padding: 0;
    border: 0;
    background: none;
    color: var(--nb-accent);
  }
  button.link.ellipsis {
    display: block;
  }
  button.link:hover:not(:disabled) {
    background: none;
    text-decoration: underline;
  }
  input:not([type='checkbox']),
  select {
    min-height: 26px;
    padding: 2px 8px;
    border: 1px solid var(--nb-border);
    border-radius: var(--nb-radius, 3px);
    background: var(--nb-bg);
  }
  ::placeholder {
    color: var(--nb-fg-muted);
    opacity: 1;
  }
  input[type='checkbox'] {
    accent-color: var(--nb-accent);
    margin: 0;
  }
  .muted {
    color: var(--nb-fg-muted);
  }
  code,
  .mono {
    font-family: var(--nb-font-mono);
    font-size: 0.94em;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .ellipsis {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .tag {
    display: inline-block;
    padding: 0 5px;
    border: 1px solid var(--nb-border);
    border-radius: 3px;
    color: var(--nb-fg-muted);
    font-size: 0.85em;
    line-height: 1.5;
    white-space: nowrap;
  }
  .hidden-text {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  svg.icon {
    flex: none;
    width: 14px;
    height: 14px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .skeleton {
    display: inline-block;
    width: var(--skeleton-width, 12ch);
    height: 0.85em;
    border-radius: 2px;
    background: var(--nb-bg-hover);
    vertical-align: -0.05em;
  }
  @media (prefers-reduced-motion: no-preference) {
    .turning {
      animation: turn 1.4s linear infinite;
      transform-origin: center;
    }
    .skeleton {
      animation: breathe 1.6s ease-in-out infinite alternate;
    }
  }
  @keyframes turn {
    to {
      transform: rotate(360deg);
    }
  }
  @keyframes breathe {
    to {
      opacity: 0.45;
    }
  }
`

/** Plain tables: dense, a line under each row, numbers to the right. */
export const tableStyles = css`
  table {
    width: 100%;
    border-collapse: collapse;
  }
  th {
    padding: 4px 8px;
    border-bottom: 1px solid var(--nb-border);
    color: var(--nb-fg-muted);
    font-weight: 500;
    text-align: start;
    white-space: nowrap;
  }
  td {
    padding: 5px 8px;
    border-bottom: 1px solid color-mix(in srgb, var(--nb-border) 55%, transparent);
    vertical-align: top;
    overflow-wrap: anywhere;
  }
  tr:last-child td {
    border-bottom: 0;
  }
  th.number,
  td.number {
    text-align: end;
    white-space: nowrap;
  }
`
