import { css } from 'lit'
import { baseStyles } from './styles.js'

/** How the grid of a table of runs looks: dense lines, the head and the names stay in view. */
export const runGridStyles = [
  baseStyles,
  css`
    :host {
      display: flex;
      flex-direction: column;
      min-height: 120px;
      background: var(--nb-bg);
    }
    .scroll {
      flex: 1;
      min-height: 0;
      overflow: auto;
      overscroll-behavior: contain;
      contain: strict;
    }
    .space {
      position: relative;
      min-width: 100%;
    }
    .line {
      display: flex;
      align-items: stretch;
      width: max-content;
      min-width: 100%;
    }
    .head {
      position: sticky;
      top: 0;
      z-index: 3;
      height: var(--head-height);
      background: var(--nb-bg-raised);
      border-bottom: 1px solid var(--nb-border);
    }
    .row {
      position: absolute;
      inset-inline-start: 0;
      top: 0;
      height: var(--row-height);
      background: var(--nb-bg);
      border-bottom: 1px solid color-mix(in srgb, var(--nb-border) 55%, transparent);
    }
    .row:hover {
      background: var(--nb-bg-hover);
    }
    .row.selected {
      background: var(--nb-bg-selected);
    }
    .row.group {
      background: var(--nb-bg-raised);
      font-weight: 600;
    }
    .cell {
      flex: none;
      align-content: center;
      padding: 0 10px;
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .row .cell:focus-visible {
      outline-offset: -2px;
    }
    .number {
      text-align: end;
    }
    .frozen {
      position: sticky;
      inset-inline-start: 0;
      z-index: 2;
      display: flex;
      align-items: center;
      gap: 8px;
      padding-inline-start: var(--nb-inset, 12px);
      background: inherit;
      border-inline-end: 1px solid var(--nb-border);
    }
    .frozen input {
      flex: none;
      width: 14px;
      height: 14px;
    }
    .frozen .name {
      color: var(--nb-accent);
      cursor: pointer;
    }
    .name:hover {
      text-decoration: underline;
    }
    .spacer {
      flex: none;
    }
    .head .cell {
      position: relative;
      padding: 0;
    }
    .head .frozen {
      position: sticky;
      padding-inline-start: var(--nb-inset, 12px);
      z-index: 4;
    }
    .title {
      display: block;
      width: 100%;
      height: 100%;
      min-height: 0;
      padding: 4px 10px;
      border: 0;
      border-radius: 0;
      background: none;
      text-align: start;
      line-height: 1.3;
    }
    .frozen .title {
      padding-inline-start: 0;
    }
    .number .title {
      text-align: end;
    }
    .title .kind {
      display: block;
      min-height: 1.3em;
      color: var(--nb-fg-muted);
      font-size: 0.85em;
      font-weight: 400;
    }
    .title .key {
      display: block;
      font-weight: 600;
    }
    .title .mark {
      color: var(--nb-accent);
    }
    .handle {
      position: absolute;
      inset-block: 0;
      inset-inline-end: 0;
      width: 7px;
      cursor: col-resize;
      touch-action: none;
    }
    .handle::after {
      content: '';
      position: absolute;
      inset-block: 25%;
      inset-inline-end: 0;
      border-inline-end: 1px solid var(--nb-border);
    }
    .handle:hover::after,
    .handle.held::after {
      inset-block: 0;
      border-inline-end: 2px solid var(--nb-accent);
    }
    .cell.over {
      box-shadow: inset 2px 0 var(--nb-accent);
    }
    .twist {
      display: inline-flex;
      color: var(--nb-fg-muted);
    }
    .open .twist {
      transform: rotate(90deg);
    }
    .count {
      flex: none;
      margin-inline-start: auto;
      color: var(--nb-fg-muted);
      font-weight: 400;
    }
    .none {
      color: color-mix(in srgb, var(--nb-fg-muted) 60%, transparent);
    }
    .inside .frozen {
      padding-inline-start: calc(var(--nb-inset, 12px) + 20px);
    }
    @media (forced-colors: active) {
      .row.selected .frozen {
        border-inline-start: 3px solid Highlight;
      }
    }
  `,
]
