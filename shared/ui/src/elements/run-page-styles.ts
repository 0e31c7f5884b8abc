import { css } from 'lit'
import { baseStyles, tableStyles } from './styles.js'

/** How the page of a run looks. */
export const runPageStyles = [
  baseStyles,
  tableStyles,
  css`
    :host {
      display: flex;
      flex-direction: column;
      height: 100%;
      min-height: 320px;
      background: var(--nb-bg);
      container-type: inline-size;
    }
    .top {
      padding: 14px 20px 0;
    }
    .title {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 4px 10px;
    }
    .title h1 {
      font-size: 1.35em;
      font-weight: 600;
      max-width: 60cqi;
    }
    .title .buttons {
      display: flex;
      flex-wrap: wrap;
      gap: 6px;
      margin-inline-start: auto;
    }
    .facts-line {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 2px 14px;
      margin-top: 4px;
    }
    .stages {
      display: flex;
      flex-wrap: wrap;
      gap: 4px 0;
      margin-top: 12px;
      list-style: none;
    }
    .stages li {
      display: flex;
      align-items: center;
      color: var(--nb-fg-muted);
    }
    .stages li:not(:last-child)::after {
      content: '';
      width: 18px;
      margin: 0 8px;
      border-top: 1px solid var(--nb-border);
    }
    .stages li.done {
      color: var(--nb-fg);
    }
    .stages li.now {
      color: var(--nb-busy);
      font-weight: 600;
    }
    .stages li.failed {
      color: var(--nb-bad);
      font-weight: 600;
    }
    .stage-detail {
      margin-top: 4px;
    }
    .tabs {
      display: flex;
      gap: 4px;
      margin-top: 12px;
      padding: 0 12px;
      border-bottom: 1px solid var(--nb-border);
      overflow-x: auto;
      flex: none;
    }
    .tabs button {
      border: 0;
      border-bottom: 2px solid transparent;
      border-radius: 0;
      min-height: 32px;
      background: none;
      color: var(--nb-fg-muted);
    }
    .tabs button:hover:not(:disabled) {
      background: none;
      color: var(--nb-fg);
    }
    @container (max-width: 480px) {
      .tabs {
        padding: 0 8px;
        gap: 0;
      }
      .tabs button {
        padding-inline: 8px;
      }
    }
    @media (forced-colors: active) {
      .tabs button:not([aria-selected='true']) {
        border-bottom-color: Canvas;
      }
    }
    .tabs button[aria-selected='true'] {
      color: var(--nb-fg);
      font-weight: 600;
      border-bottom-color: var(--nb-accent);
    }
    .panel {
      flex: 1;
      min-height: 0;
      overflow: auto;
      padding: 16px 20px 24px;
    }
    .panel.flush {
      padding: 0;
      overflow: hidden;
    }
    .panel > * + * {
      margin-top: 18px;
    }
    .panel.flush > * {
      margin: 0;
    }
    .inset {
      margin: 16px 20px;
    }
  `,
]

/** What the panels of the run page share. */
export const panelStyles = [
  baseStyles,
  tableStyles,
  css`
    .columns {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr));
      gap: 18px 32px;
      align-items: start;
    }
    h2 {
      padding-bottom: 6px;
    }
    .facts {
      display: grid;
      grid-template-columns: minmax(96px, auto) minmax(0, 1fr);
      gap: 5px 16px;
      align-items: baseline;
    }
    .facts dt {
      color: var(--nb-fg-muted);
    }
    .facts dd {
      overflow-wrap: anywhere;
    }
    .bar {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 8px;
      padding-bottom: 10px;
    }
    .bar .end {
      margin-inline-start: auto;
    }
    .bar input[type='search'] {
      width: 26ch;
      max-width: 100%;
    }
    section + section,
    section + .columns {
      margin-top: 20px;
    }
    .columns > section {
      margin-top: 0;
    }
    td {
      vertical-align: baseline;
    }
    td:first-child,
    th:first-child {
      padding-inline-start: 0;
    }
    .pairs td:first-child {
      width: 42%;
    }
    .bar h2 {
      padding: 0;
    }
    pre.text {
      margin: 0;
      padding: 10px 12px;
      border: 1px solid var(--nb-border);
      border-radius: var(--nb-radius, 3px);
      background: var(--nb-bg-raised);
      font-family: var(--nb-font-mono);
      font-size: 12px;
      line-height: 1.5;
      overflow: auto;
      max-height: 70vh;
    }
    img {
      max-width: 100%;
      border: 1px solid var(--nb-border);
      background: #ffffff;
    }
  `,
]
