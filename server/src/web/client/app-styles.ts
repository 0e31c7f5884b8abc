import { css } from 'lit'
import { baseStyles } from '@novabrain/ui'

/** How the frame of the app looks. */
export const appStyles = [
  baseStyles,
  css`
    :host {
      display: flex;
      flex-direction: column;
      height: 100vh;
      height: 100dvh;
      background: var(--nb-bg);
    }
    .skip {
      position: absolute;
      inset-block-start: -40px;
      padding: 8px;
      background: var(--nb-bg);
      color: var(--nb-accent);
      z-index: 3;
    }
    .skip:focus {
      inset-block-start: 4px;
    }
    header {
      display: flex;
      align-items: stretch;
      gap: 4px 20px;
      min-height: 44px;
      padding: 0 20px;
      border-bottom: 1px solid var(--nb-border);
      background: var(--nb-bg-raised);
      flex: none;
      flex-wrap: wrap;
    }
    .brand {
      display: flex;
      align-items: center;
      gap: 8px;
      color: var(--nb-fg);
      font-weight: 600;
      text-decoration: none;
    }
    .brand img {
      width: 20px;
      height: 20px;
    }
    nav {
      display: flex;
      gap: 2px;
    }
    nav a {
      display: flex;
      align-items: center;
      padding: 2px 10px 0;
      border-bottom: 2px solid transparent;
      color: var(--nb-fg-muted);
      text-decoration: none;
    }
    nav a:hover {
      color: var(--nb-fg);
    }
    @media (forced-colors: active) {
      nav a:not([aria-current='page']) {
        border-bottom-color: Canvas;
      }
    }
    nav a[aria-current='page'] {
      color: var(--nb-fg);
      font-weight: 600;
      border-bottom-color: var(--nb-accent);
    }
    .end {
      display: flex;
      align-items: center;
      gap: 14px;
      margin-inline-start: auto;
    }
    .live {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      color: var(--nb-fg-muted);
    }
    .live::before {
      content: '';
      width: 7px;
      height: 7px;
      border-radius: 50%;
      background: var(--nb-fg-muted);
    }
    .live.online::before {
      background: var(--nb-ok);
    }
    .live.offline::before {
      background: none;
      border: 1.5px solid var(--nb-warn);
    }
    details {
      position: relative;
    }
    summary {
      padding: 4px 10px;
      border: 1px solid var(--nb-border);
      border-radius: var(--nb-radius, 4px);
      background: var(--nb-bg);
      cursor: pointer;
      list-style: none;
    }
    summary::-webkit-details-marker {
      display: none;
    }
    .menu {
      position: absolute;
      inset-inline-end: 0;
      top: calc(100% + 4px);
      z-index: 2;
      display: grid;
      grid-template-columns: auto 1fr;
      align-items: center;
      gap: 8px 12px;
      width: 260px;
      padding: 14px;
      border: 1px solid var(--nb-border);
      border-radius: 6px;
      background: var(--nb-bg);
      box-shadow: 0 6px 24px rgb(0 0 0 / 16%);
    }
    .menu .whole {
      grid-column: 1 / -1;
      justify-content: center;
    }
    main {
      flex: 1;
      min-height: 0;
      overflow: auto;
    }
    main:focus {
      outline: none;
    }
    main.fixed {
      overflow: hidden;
    }
    .crumb {
      display: flex;
      align-items: center;
      gap: 10px;
      padding: 10px 20px;
      border-bottom: 1px solid var(--nb-border);
    }
    .fill {
      display: flex;
      flex-direction: column;
      height: 100%;
    }
    .fill > :last-child {
      flex: 1;
      min-height: 0;
    }
    .notices {
      position: fixed;
      inset-block-end: 16px;
      inset-inline: 16px;
      display: grid;
      justify-items: end;
      gap: 8px;
      pointer-events: none;
      z-index: 3;
    }
    .notice {
      max-width: 460px;
      padding: 9px 14px;
      border: 1px solid var(--nb-border);
      border-inline-start: 3px solid var(--nb-accent);
      border-radius: var(--nb-radius, 4px);
      background: var(--nb-bg);
      box-shadow: 0 4px 16px rgb(0 0 0 / 16%);
      pointer-events: auto;
    }
    .notice.error {
      border-inline-start-color: var(--nb-bad);
    }
    .notice.warning {
      border-inline-start-color: var(--nb-warn);
    }
    .inset {
      margin: 20px;
    }
    @media (max-width: 640px) {
      header {
        padding: 0 12px;
      }
      .brand span,
      .live {
        display: none;
      }
    }
  `,
]
