import { css } from 'lit'
import { modelStyles } from './model-styles.js'

/** What the pages of traces share. */
export const traceStyles = [
  ...modelStyles,
  css`
    .state {
      display: inline-flex;
      align-items: center;
      gap: 5px;
      vertical-align: top;
      white-space: nowrap;
    }
    .glyph {
      display: inline-flex;
    }
    .glyph.ok {
      color: var(--nb-ok);
    }
    .glyph.bad {
      color: var(--nb-bad);
    }
    .glyph.busy {
      color: var(--nb-busy);
    }
    .glyph.idle {
      color: var(--nb-fg-muted);
    }
  `,
]
