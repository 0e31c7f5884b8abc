import { css } from 'lit'
import { baseStyles } from './styles.js'

/** How the page of a table of runs looks: what one does above, the grid or the plots below. */
export const runTableStyles = [
  baseStyles,
  css`
    :host {
      display: flex;
      flex-direction: column;
      height: 100%;
      min-height: 240px;
      background: var(--nb-bg);
    }
    .bar {
      display: flex;
      flex-wrap: wrap;
      align-items: flex-start;
      gap: 8px;
      padding: 10px var(--nb-inset, 12px) 8px;
    }
    .bar nb-run-filter {
      flex: 1 1 300px;
    }
    ::slotted(a) {
      color: var(--nb-accent);
    }
    .facts {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 4px 14px;
      min-height: 34px;
      padding: 0 var(--nb-inset, 12px) 6px;
    }
    .facts .end {
      display: flex;
      align-items: center;
      gap: 12px;
      margin-inline-start: auto;
    }
    .views {
      display: inline-flex;
    }
    .views button {
      border-radius: 0;
      margin-inline-start: -1px;
    }
    .views button:first-child {
      border-start-start-radius: var(--nb-radius, 3px);
      border-end-start-radius: var(--nb-radius, 3px);
      margin: 0;
    }
    .views button:last-child {
      border-start-end-radius: var(--nb-radius, 3px);
      border-end-end-radius: var(--nb-radius, 3px);
    }
    .views button[aria-pressed='true'] {
      position: relative;
      border-color: var(--nb-accent);
      background: var(--nb-bg-selected);
      font-weight: 600;
    }
    .fresh {
      border-color: var(--nb-accent);
      color: var(--nb-accent);
    }
    nb-run-grid,
    nb-run-plots {
      flex: 1;
      min-height: 0;
      border-top: 1px solid var(--nb-border);
    }
    .state {
      flex: 1;
      border-top: 1px solid var(--nb-border);
    }
    .inset {
      margin: 14px var(--nb-inset, 12px);
    }
    .panel {
      display: grid;
      gap: 10px;
      width: min(300px, 80vw);
    }
    .panel label {
      display: flex;
      align-items: center;
      gap: 8px;
    }
    .panel p {
      white-space: normal;
    }
    .panel select {
      width: 100%;
    }
    nb-connection-bar {
      flex: none;
    }
  `,
]
