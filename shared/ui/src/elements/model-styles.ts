import { css } from 'lit'
import { panelStyles } from './run-page-styles.js'

/** What the pages of models share. */
export const modelStyles = [
  ...panelStyles,
  css`
    :host {
      container-type: inline-size;
    }
    .page {
      padding: 14px var(--nb-inset, 20px) 28px;
    }
    .crumbs {
      display: flex;
      flex-wrap: wrap;
      gap: 6px;
      padding-bottom: 6px;
      color: var(--nb-fg-muted);
    }
    .title {
      display: flex;
      flex-wrap: wrap;
      align-items: baseline;
      gap: 4px 10px;
    }
    .title h1 {
      font-size: 1.35em;
      font-weight: 600;
      overflow-wrap: anywhere;
    }
    .line {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 4px 14px;
      margin-top: 4px;
    }
    .chips {
      display: inline-flex;
      flex-wrap: wrap;
      gap: 4px 6px;
    }
    .chip {
      display: inline-flex;
      align-items: center;
      gap: 4px;
      max-width: 100%;
      padding: 0 7px;
      border: 1px solid color-mix(in srgb, var(--nb-accent) 55%, var(--nb-border));
      border-radius: 9px;
      color: var(--nb-accent);
      font-size: 0.92em;
      line-height: 1.55;
      white-space: nowrap;
    }
    .chip > span:first-child {
      min-width: 0;
      overflow: hidden;
      text-overflow: ellipsis;
    }
    section {
      margin-top: 20px;
    }
    h2 {
      padding-bottom: 6px;
    }
    .snippet {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 6px 8px;
    }
    .snippet code {
      flex: 0 1 auto;
      min-width: 0;
      padding: 5px 10px;
      border: 1px solid var(--nb-border);
      border-radius: var(--nb-radius, 3px);
      background: var(--nb-bg-raised);
      overflow-wrap: anywhere;
    }
    .wide {
      overflow-x: auto;
    }
    td:not(.steady) button.link {
      text-align: start;
      white-space: normal;
      overflow-wrap: anywhere;
    }
    td.steady {
      white-space: nowrap;
    }
    .inset {
      margin: 16px var(--nb-inset, 20px);
    }
    .more {
      margin-top: 10px;
    }
    @container (max-width: 560px) {
      .page {
        padding-inline: 12px;
      }
      .inset {
        margin-inline: 12px;
      }
      .optional {
        display: none;
      }
    }
    .narrow {
      display: none;
    }
    @container (max-width: 340px) {
      .roomy {
        display: none;
      }
      .narrow {
        display: block;
        padding-top: 3px;
      }
    }
  `,
]
