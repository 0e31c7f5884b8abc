/**
 * The variables every element is painted with. Each face maps its own onto them once, with `applyTheme`:
 * surfaces (`--nb-bg`, `--nb-bg-raised`, `--nb-bg-hover`, `--nb-bg-selected`), lines (`--nb-border`), text (`--nb-fg`,
 * `--nb-fg-muted`), the accent (`--nb-accent`, `--nb-focus`), the main button (`--nb-primary`,
 * `--nb-primary-fg`, `--nb-primary-border`), meaning (`--nb-ok`, `--nb-warn`,
 * `--nb-bad`, `--nb-busy`), fonts, the inset of a page's content (`--nb-inset`), chart lines (`--nb-chart-1…6`) and the terminal's colours (`--nb-ansi-0…15`).
 */
export type Face = 'jupyterlab' | 'vscode' | 'web'

const terminalLight = `
  --nb-ansi-0: #24292f; --nb-ansi-1: #b3261e; --nb-ansi-2: #1a7f37; --nb-ansi-3: #8a5a00;
  --nb-ansi-4: #0a5bc4; --nb-ansi-5: #8250a8; --nb-ansi-6: #0f7480; --nb-ansi-7: #59636e;
  --nb-ansi-8: #59636e; --nb-ansi-9: #c5372d; --nb-ansi-10: #1a7f37; --nb-ansi-11: #7a5200;
  --nb-ansi-12: #0a5bc4; --nb-ansi-13: #8250a8; --nb-ansi-14: #0f7480; --nb-ansi-15: #24292f;`

const terminalDark = `
  --nb-ansi-0: #8b949e; --nb-ansi-1: #ff8178; --nb-ansi-2: #62c073; --nb-ansi-3: #d9a441;
  --nb-ansi-4: #6cb0ff; --nb-ansi-5: #c99bf0; --nb-ansi-6: #4fc3c9; --nb-ansi-7: #c9d1d9;
  --nb-ansi-8: #8b949e; --nb-ansi-9: #ffa198; --nb-ansi-10: #7fd88f; --nb-ansi-11: #e8bd66;
  --nb-ansi-12: #8fc5ff; --nb-ansi-13: #d9b8f5; --nb-ansi-14: #73d9de; --nb-ansi-15: #f0f3f6;`

const chartsLight = `
  --nb-chart-1: #1668c7; --nb-chart-2: #b4530a; --nb-chart-3: #18794e;
  --nb-chart-4: #8345a8; --nb-chart-5: #b3261e; --nb-chart-6: #5c6b7a;`

const chartsDark = `
  --nb-chart-1: #64a8f5; --nb-chart-2: #e8a05c; --nb-chart-3: #5fbd8b;
  --nb-chart-4: #c79aec; --nb-chart-5: #f2857c; --nb-chart-6: #a3b1c0;`

const webLight = `
  color-scheme: light;
  --nb-bg: #ffffff; --nb-bg-raised: #f6f7f9; --nb-bg-hover: #f0f2f5; --nb-bg-selected: #e3edfa;
  --nb-border: #dde1e6; --nb-fg: #1d2127; --nb-fg-muted: #59626d;
  --nb-accent: #1259b8; --nb-primary: #1259b8; --nb-primary-fg: #ffffff; --nb-focus: #1259b8;
  --nb-ok: #18794e; --nb-warn: #94600a; --nb-bad: #b3261e; --nb-busy: #1259b8;
  ${chartsLight}${terminalLight}`

const webDark = `
  color-scheme: dark;
  --nb-bg: #16191d; --nb-bg-raised: #1e2227; --nb-bg-hover: #262b31; --nb-bg-selected: #1f3350;
  --nb-border: #343a42; --nb-fg: #e4e7eb; --nb-fg-muted: #9ba4af;
  --nb-accent: #6aaaf8; --nb-primary: #6aaaf8; --nb-primary-fg: #0d1a2b; --nb-focus: #6aaaf8;
  --nb-ok: #5fbd8b; --nb-warn: #dfab55; --nb-bad: #f2857c; --nb-busy: #6aaaf8;
  ${chartsDark}${terminalDark}`

/** In forced colours meaning is in the words and glyphs alone; the system has no colour for it. */
const webContrast = `
  --nb-border: CanvasText; --nb-fg: CanvasText; --nb-fg-muted: CanvasText; --nb-bg: Canvas; --nb-bg-raised: Canvas;
  --nb-bg-hover: Canvas; --nb-bg-selected: Canvas; --nb-accent: LinkText; --nb-focus: Highlight;
  --nb-ok: CanvasText; --nb-warn: CanvasText; --nb-bad: CanvasText; --nb-busy: CanvasText;
  --nb-chart-1: LinkText; --nb-primary: Highlight; --nb-primary-fg: HighlightText;`

const web = `
:root {
  --nb-font: system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif;
  --nb-font-mono: ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', 'Noto Sans Mono CJK SC', monospace;
  --nb-font-size: 13px;
  --nb-radius: 4px;
  --nb-inset: 20px;
  ${webLight}
}
@media (prefers-color-scheme: dark) { :root:not([data-nb-theme='light']) { ${webDark} } }
:root[data-nb-theme='dark'] { ${webDark} }
@media (forced-colors: active) { :root:root:root { ${webContrast} } }
@media (prefers-contrast: more) { :root { --nb-border: var(--nb-fg-muted); --nb-fg-muted: var(--nb-fg); } }`

const readable = (colour: string) => `color-mix(in srgb, var(${colour}) 76%, var(--jp-ui-font-color0))`

const jupyterlab = `
:root {
  --nb-font: var(--jp-ui-font-family); --nb-font-mono: var(--jp-code-font-family);
  --nb-font-size: var(--jp-ui-font-size1, 13px); --nb-radius: var(--jp-border-radius, 2px);
  --nb-bg: var(--jp-layout-color1); --nb-bg-raised: var(--jp-layout-color0);
  --nb-bg-hover: var(--jp-layout-color2);
  --nb-bg-selected: color-mix(in srgb, var(--jp-brand-color1) 16%, var(--jp-layout-color1));
  --nb-border: var(--jp-border-color2); --nb-fg: var(--jp-ui-font-color1);
  --nb-fg-muted: color-mix(in srgb, var(--jp-ui-font-color1) 74%, var(--jp-layout-color1));
  --nb-accent: var(--jp-brand-color1); --nb-primary: var(--jp-brand-color1);
  --nb-primary-fg: var(--jp-ui-inverse-font-color0, #ffffff);
  --nb-focus: var(--jp-brand-color1);
  --nb-ok: ${readable('--jp-success-color1')}; --nb-warn: ${readable('--jp-warn-color1')};
  --nb-bad: ${readable('--jp-error-color1')}; --nb-busy: ${readable('--jp-brand-color1')};
  ${chartsLight}${terminalLight}
}
[data-jp-theme-light='false'] {
  --nb-bg: var(--jp-layout-color1); --nb-fg: var(--jp-ui-font-color1);
  ${chartsDark}${terminalDark}
}`

const vscodeAnsi = ['Black', 'Red', 'Green', 'Yellow', 'Blue', 'Magenta', 'Cyan', 'White']
  .flatMap((name, i) => [
    `--nb-ansi-${i}: var(--vscode-terminal-ansi${name});`,
    `--nb-ansi-${i + 8}: var(--vscode-terminal-ansiBright${name});`,
  ])
  .join(' ')

const vscode = `
:root {
  --nb-font: var(--vscode-font-family); --nb-font-mono: var(--vscode-editor-font-family);
  --nb-font-size: var(--vscode-font-size, 13px); --nb-radius: 2px;
  --nb-bg: var(--vscode-editor-background); --nb-bg-raised: var(--vscode-sideBar-background, var(--vscode-editor-background));
  --nb-bg-hover: var(--vscode-list-hoverBackground, transparent);
  --nb-bg-selected: var(--vscode-list-inactiveSelectionBackground, transparent);
  --nb-border: var(--vscode-contrastBorder, var(--vscode-panel-border, var(--vscode-widget-border)));
  --nb-fg: var(--vscode-foreground); --nb-fg-muted: var(--vscode-descriptionForeground);
  --nb-accent: var(--vscode-textLink-foreground);
  --nb-primary: var(--vscode-button-background, var(--vscode-editor-background));
  --nb-primary-fg: var(--vscode-button-foreground);
  --nb-primary-border: var(--vscode-button-border, var(--vscode-contrastBorder, transparent));
  --nb-focus: var(--vscode-focusBorder);
  --nb-ok: var(--vscode-testing-iconPassed); --nb-warn: var(--vscode-editorWarning-foreground);
  --nb-bad: var(--vscode-errorForeground); --nb-busy: var(--vscode-charts-blue);
  --nb-chart-1: var(--vscode-charts-blue); --nb-chart-2: var(--vscode-charts-orange);
  --nb-chart-3: var(--vscode-charts-green); --nb-chart-4: var(--vscode-charts-purple);
  --nb-chart-5: var(--vscode-charts-red); --nb-chart-6: var(--vscode-charts-foreground);
  ${vscodeAnsi}
}`

const sheets: Readonly<Record<Face, string>> = { jupyterlab, vscode, web }

/** Map the variables of a face onto ours, once per document; a style sheet object, so a strict policy allows it. */
export const applyTheme = (target: Document, face: Face): void => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(sheets[face])
  target.adoptedStyleSheets = [...target.adoptedStyleSheets, sheet]
}
