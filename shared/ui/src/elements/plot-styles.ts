import { css } from 'lit'
import { baseStyles } from './styles.js'

/** What plots of runs share: a canvas that fills its place, and a note beside the pointer. */
export const plotStyles = [
  baseStyles,
  css`
    :host {
      display: flex;
      flex-direction: column;
      min-height: 220px;
    }
    .plot {
      position: relative;
      flex: 1;
      min-height: 0;
      overflow: hidden;
    }
    canvas {
      position: absolute;
      inset: 0;
      width: 100%;
      height: 100%;
    }
    .note {
      position: absolute;
      z-index: 2;
      max-width: 300px;
      padding: 6px 9px;
      border: 1px solid var(--nb-border);
      border-radius: var(--nb-radius, 3px);
      background: var(--nb-bg);
      box-shadow: 0 3px 12px rgb(0 0 0 / 16%);
      pointer-events: none;
    }
    .note strong,
    .note span {
      display: block;
    }
    .scale {
      display: flex;
      align-items: center;
      gap: 8px;
      justify-content: flex-end;
      padding: 4px var(--nb-inset, 12px) 6px;
      color: var(--nb-fg-muted);
    }
    .places {
      flex-wrap: wrap;
      gap: 2px 14px;
    }
    .places i {
      display: inline-block;
      width: 8px;
      height: 8px;
      margin-inline-end: 5px;
      border-radius: 50%;
    }
    .ramp {
      width: 120px;
      height: 8px;
      border-radius: 4px;
      background: linear-gradient(to right, var(--nb-chart-1), var(--nb-chart-4), var(--nb-chart-2));
    }
  `,
]
