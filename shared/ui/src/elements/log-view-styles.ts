import { css } from 'lit'
import { baseStyles } from './styles.js'

/** How the log looks: one line a line, a toolbar above. */
export const logViewStyles = [
  baseStyles,
  css`
    :host {
      display: flex;
      flex-direction: column;
      height: 100%;
      min-height: 160px;
    }
    .toolbar {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 2px 4px;
      padding: 4px 8px;
      border-bottom: 1px solid var(--nb-border);
    }
    .search {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      color: var(--nb-fg-muted);
    }
    .search input {
      width: 22ch;
      color: var(--nb-fg);
    }
    .size {
      margin-inline-start: auto;
      padding: 0 6px;
    }
    .toggle[aria-pressed='true'] {
      border-color: var(--nb-accent);
      color: var(--nb-accent);
    }
    nb-error-card {
      margin: 8px;
    }
    .scroll {
      flex: 1;
      min-height: 0;
      overflow: auto;
      background: var(--nb-bg-raised);
    }
    .space {
      position: relative;
      min-width: max-content;
    }
    .lines {
      position: absolute;
      inset: 0 auto auto 0;
      margin: 0;
      padding: 6px 12px;
      font-family: var(--nb-font-mono);
      font-size: 12px;
    }
    .line {
      height: 18px;
      line-height: 18px;
      white-space: pre;
    }
    .wrapped .space {
      min-width: 0;
      overflow: hidden;
    }
    .wrapped .line {
      width: calc(var(--columns) * 1ch + 1px);
      white-space: break-spaces;
      word-break: break-all;
      line-break: anywhere;
      tab-size: 8;
      overflow: hidden;
    }
    .probe {
      position: absolute;
      visibility: hidden;
      font-family: var(--nb-font-mono);
      font-size: 12px;
      white-space: pre;
    }
    .found {
      background: color-mix(in srgb, var(--nb-warn) 26%, transparent);
      outline: 1px solid var(--nb-warn);
    }
    .bold {
      font-weight: 700;
    }
    .dim {
      opacity: 0.7;
    }
    .italic {
      font-style: italic;
    }
    .underline {
      text-decoration: underline;
    }
  `,
]
