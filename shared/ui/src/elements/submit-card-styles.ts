import { css } from 'lit'
import { baseStyles } from './styles.js'

/** How the submit card looks: a list of lines, each of which opens, and one button. */
export const submitCardStyles = [
  baseStyles,
  css`
    :host {
      width: 440px;
      max-width: 100%;
      border: 1px solid var(--nb-border);
      border-radius: 6px;
      background: var(--nb-bg);
      box-shadow: 0 6px 24px rgb(0 0 0 / 16%);
    }
    .card:focus {
      outline: none;
    }
    header {
      display: flex;
      align-items: center;
      gap: 8px;
      padding: 10px 8px 8px 16px;
    }
    header h2 {
      white-space: nowrap;
    }
    header .name {
      flex: 1;
    }
    .lines {
      border-block: 1px solid var(--nb-border);
      max-height: min(64vh, 560px);
      overflow-y: auto;
    }
    .line + .line {
      border-top: 1px solid color-mix(in srgb, var(--nb-border) 55%, transparent);
    }
    .head {
      display: grid;
      grid-template-columns: 96px minmax(0, 1fr) auto;
      align-items: baseline;
      gap: 8px;
      width: 100%;
      min-height: 34px;
      padding: 7px 12px 7px 16px;
      border: 0;
      border-radius: 0;
      background: none;
      text-align: start;
      white-space: normal;
    }
    .head .icon {
      align-self: center;
      color: var(--nb-fg-muted);
    }
    .body {
      padding: 2px 16px 12px;
    }
    .sub {
      display: block;
      color: var(--nb-fg-muted);
      font-size: 0.94em;
    }
    .bad {
      color: var(--nb-bad);
    }
    .warn {
      color: var(--nb-warn);
    }
    .conflict {
      padding: 8px 0;
    }
    .conflict + .conflict {
      border-top: 1px solid var(--nb-border);
    }
    .fields {
      display: grid;
      grid-template-columns: 96px minmax(0, 1fr);
      align-items: center;
      gap: 6px 8px;
    }
    .fields label {
      color: var(--nb-fg-muted);
    }
    .fields input,
    .fields select {
      width: 100%;
      max-width: 240px;
    }
    .unit {
      display: flex;
      align-items: center;
      gap: 6px;
    }
    .told {
      grid-column: 2;
      font-size: 0.94em;
      text-wrap: pretty;
    }
    .unit input {
      width: 9ch;
    }
    dl {
      display: grid;
      gap: 6px;
    }
    footer {
      display: flex;
      align-items: center;
      gap: 8px;
      min-height: 48px;
      padding: 8px 12px 8px 16px;
    }
    footer .text {
      flex: 1;
      min-width: 0;
    }
    .primary {
      min-width: 84px;
      justify-content: center;
    }
    .count {
      height: 2px;
      background: var(--nb-accent);
      transform-origin: left;
    }
    .steps {
      display: flex;
      gap: 6px;
      list-style: none;
    }
    .steps li:not(.now) {
      color: var(--nb-fg-muted);
    }
    .steps .now {
      font-weight: 600;
    }
    .steps li + li::before {
      content: '→';
      margin-inline-end: 6px;
      color: var(--nb-fg-muted);
      font-weight: 400;
    }
    nb-error-card {
      margin: 12px;
    }
    @media (forced-colors: active) {
      .count {
        background: Highlight;
      }
    }
  `,
]
