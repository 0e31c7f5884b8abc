import { css } from 'lit'
import { baseStyles } from './styles.js'

/** How the list of runs looks: two lines a row in a side panel, one line where there is room. */
export const runListStyles = [
  baseStyles,
  css`
    :host {
      display: flex;
      flex-direction: column;
      height: 100%;
      min-height: 120px;
      background: var(--nb-bg);
    }
    .scroll {
      flex: 1;
      min-height: 0;
      overflow-y: auto;
      overscroll-behavior: contain;
    }
    .space {
      position: relative;
    }
    .entry {
      position: absolute;
      inset-inline: 0;
      top: 0;
      height: var(--row-height);
      padding: 0 var(--nb-inset, 12px);
    }
    .heading {
      display: flex;
      align-items: flex-end;
      gap: 6px;
      padding-bottom: 5px;
      color: var(--nb-fg-muted);
      font-size: 0.92em;
      font-weight: 600;
    }
    .note {
      display: flex;
      align-items: center;
    }
    .row {
      display: grid;
      align-items: center;
      column-gap: 8px;
      cursor: pointer;
    }
    .row:hover {
      background: var(--nb-bg-hover);
    }
    .row.selected {
      background: var(--nb-bg-selected);
    }
    .narrow .row {
      grid-template: 'status name name id' 20px 'none detail time time' 18px / 14px minmax(0, 1fr) auto 42px;
      align-content: center;
    }
    .narrow .detail,
    .narrow .time {
      font-size: 0.92em;
    }
    .wide .row {
      grid-template:
        'status name id detail time actions' 1fr / 104px minmax(140px, 1.6fr) 56px minmax(160px, 1.6fr)
        96px 64px;
    }
    .status {
      grid-area: status;
    }
    .name {
      grid-area: name;
    }
    .id {
      grid-area: id;
      text-align: end;
    }
    .detail {
      grid-area: detail;
    }
    .time {
      grid-area: time;
      text-align: end;
      white-space: nowrap;
    }
    .actions {
      display: flex;
      justify-content: flex-end;
      gap: 2px;
      opacity: 0;
    }
    .wide .actions {
      grid-area: actions;
    }
    .narrow .actions {
      position: absolute;
      inset-inline-end: 6px;
      padding: 2px;
      border-radius: var(--nb-radius, 3px);
      background: var(--nb-bg-hover);
    }
    .narrow .row.selected .actions {
      background: var(--nb-bg-selected);
    }
    .row:hover .actions,
    .row:focus-within .actions {
      opacity: 1;
    }
    .row:not(:hover, :focus-within) .actions {
      pointer-events: none;
    }
    .actions button {
      padding: 2px 5px;
      min-height: 24px;
    }
    .ghost {
      padding: 12px;
    }
    .inset {
      margin: 12px;
    }
    @media (hover: none) {
      .actions {
        opacity: 1;
      }
    }
  `,
]
