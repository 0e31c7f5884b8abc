import { css } from 'lit'
import { baseStyles, tableStyles } from './styles.js'

/** How the page of the use of GPUs looks. */
export const clusterUseStyles = [
  baseStyles,
  tableStyles,
  css`
    :host {
      padding: 12px var(--nb-inset, 12px) 24px;
      container-type: inline-size;
    }
    .bar {
      display: flex;
      align-items: center;
      gap: 4px;
      margin-bottom: 12px;
    }
    .bar span {
      margin-inline-end: 6px;
    }
    .bar button[aria-pressed='true'] {
      border-color: var(--nb-accent);
      color: var(--nb-accent);
    }
    .figures {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(190px, 100%), 1fr));
      border: 1px solid var(--nb-border);
      border-radius: var(--nb-radius, 3px);
      overflow: hidden;
    }
    .figures > div {
      padding: 10px 14px;
      box-shadow: 1px 1px 0 var(--nb-border);
    }
    .figures dt {
      color: var(--nb-fg-muted);
    }
    .figures .value {
      font-size: 1.45em;
      font-weight: 600;
      line-height: 1.3;
      font-variant-numeric: tabular-nums;
    }
    h2 {
      margin: 24px 0 6px;
    }
    svg.chart {
      display: block;
      width: 100%;
      height: 150px;
      border-bottom: 1px solid var(--nb-border);
    }
    .grid {
      stroke: var(--nb-border);
      stroke-width: 1;
      vector-effect: non-scaling-stroke;
    }
    .allocated {
      fill: color-mix(in srgb, var(--nb-chart-1) 32%, var(--nb-bg));
    }
    .busy {
      fill: var(--nb-chart-1);
    }
    .hit {
      fill: transparent;
    }
    .hit:hover {
      fill: color-mix(in srgb, var(--nb-fg) 8%, transparent);
    }
    .unknown {
      fill: var(--nb-bg-hover);
    }
    @media (forced-colors: active) {
      svg.chart {
        forced-color-adjust: none;
      }
      .allocated {
        fill: GrayText;
      }
      .busy {
        fill: Highlight;
      }
    }
    .axis {
      display: flex;
      margin-top: 4px;
      justify-content: space-between;
      color: var(--nb-fg-muted);
      font-size: 0.92em;
    }
    .legend {
      display: flex;
      flex-wrap: wrap;
      gap: 2px 16px;
      margin-bottom: 6px;
      color: var(--nb-fg-muted);
    }
    .legend svg {
      width: 10px;
      height: 10px;
      margin-inline-end: 5px;
    }
    .wide {
      overflow-x: auto;
    }
    .wide table {
      min-width: 620px;
    }
    td {
      overflow-wrap: break-word;
    }
    .share {
      width: 28%;
    }
    .share svg {
      width: calc(100% - 56px);
      height: 8px;
      vertical-align: middle;
    }
    .share .track {
      fill: var(--nb-bg-hover);
    }
    .share .number {
      display: inline-block;
      width: 46px;
    }
    .legend .unknown {
      stroke: var(--nb-border);
    }
    td.when {
      white-space: nowrap;
    }
    .note {
      padding: 4px 0;
    }
    .inset {
      margin: 12px 0;
    }
  `,
]
