import * as vscode from 'vscode'
import type { ModelTarget } from '@novabrain/ui'
import type { App } from '../app.js'
import type { FromPage, PageTarget, ToPage } from '../bridge.js'
import { servePage } from '../views/page-server.js'
import { pageKey, type Panels } from '../views/panels.js'

const viewTypes = {
  run: 'novabrain.run',
  compare: 'novabrain.compare',
  queue: 'novabrain.queue',
  table: 'novabrain.table',
  models: 'novabrain.model',
  model: 'novabrain.model',
  version: 'novabrain.model',
} as const satisfies Record<PageTarget['kind'], string>

/** Editor tabs with our elements. They come back with the window, and one run has one tab. */
export const createPanels = (
  context: vscode.ExtensionContext,
  appOf: () => App,
): Panels &
  vscode.Disposable & { restore(panel: vscode.WebviewPanel, target: PageTarget | undefined): Promise<void> } => {
  const open = new Map<string, { readonly panel: vscode.WebviewPanel; readonly target: () => PageTarget }>()
  const painted = new vscode.EventEmitter<number>()

  const attach = async (panel: vscode.WebviewPanel, target: PageTarget) => {
    const app = appOf()
    panel.iconPath = vscode.Uri.joinPath(context.extensionUri, 'media/novabrain-tab.svg')
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(context.extensionUri, 'dist')],
    }
    const served = servePage(
      app,
      {
        post: (message: ToPage) => void panel.webview.postMessage(message),
        onMessage(listener) {
          const subscription = panel.webview.onDidReceiveMessage((message: FromPage) => listener(message))
          return () => subscription.dispose()
        },
        setTitle: (title) => (panel.title = title),
      },
      target,
    )
    const key = pageKey(target)
    open.set(key, { panel, target: served.target })
    panel.onDidDispose(() => {
      served.dispose()
      open.delete(key)
    })
    panel.webview.html = pageHtml(panel.webview, context.extensionUri, app.editor.locale, target)
  }
  /** Pages share a column: a second run does not split the window once more. */
  const columnFor = (quietly: boolean): vscode.ViewColumn => {
    const shared = [...open.values()].find(({ panel }) => panel.visible)?.panel.viewColumn
    if (shared !== undefined) return shared
    const written = vscode.window.activeTextEditor !== undefined || vscode.window.activeNotebookEditor !== undefined
    return quietly && written ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active
  }
  const show = async (target: PageTarget, title: string, quietly: boolean) => {
    const known = open.get(pageKey(target))
    if (known !== undefined) return known.panel.reveal(undefined, quietly)
    const at = { viewColumn: columnFor(quietly), preserveFocus: quietly }
    await attach(vscode.window.createWebviewPanel(viewTypes[target.kind], title, at, {}), target)
  }

  return {
    // A window that ended before its page had begun to show anything knows the tab, but not of what.
    restore: async (panel, target) => (target === undefined ? panel.dispose() : attach(panel, target)),
    openRun: (target, tab = 'overview', options = {}) =>
      show({ kind: 'run', ...target, tab }, 'NovaBrain', options.quietly === true),
    openCompare: (runIds) => show({ kind: 'compare', runIds }, vscode.l10n.t('Compare runs'), false),
    openQueue: () => show({ kind: 'queue' }, vscode.l10n.t('Queue and GPUs'), false),
    openTable: () => show({ kind: 'table', experimentIds: [], query: '' }, vscode.l10n.t('Table of runs'), false),
    openModel: (target) => show(target, titleOf(target), false),
    watched: () =>
      [...open.values()].flatMap(({ panel, target }) => {
        const now = target()
        return panel.visible && vscode.window.state.focused && now.kind === 'run' && now.runId !== undefined
          ? [now.runId]
          : []
      }),
    painted: (afterMs) => painted.fire(afterMs),
    onPainted(listener) {
      const subscription = painted.event(listener)
      return () => subscription.dispose()
    },
    dispose: () => vscode.Disposable.from(painted, ...[...open.values()].map(({ panel }) => panel)).dispose(),
  }
}

const titleOf = (target: ModelTarget): string => {
  switch (target.kind) {
    case 'models':
      return vscode.l10n.t('Models')
    case 'model':
      return target.name
    case 'version':
      return `${target.name} v${String(target.version)}`
  }
}

/** The page of a webview. It may load one script of ours and nothing else; it has no network and no token. */
const pageHtml = (webview: vscode.Webview, extension: vscode.Uri, locale: string, target: PageTarget): string => {
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))
  const script = webview.asWebviewUri(vscode.Uri.joinPath(extension, 'dist/webview.js'))
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    'img-src blob: data:',
  ].join('; ')
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NovaBrain</title>
</head>
<body data-target="${encodeURIComponent(JSON.stringify(target))}">
<script nonce="${nonce}" src="${script.toString()}"></script>
</body>
</html>`
}
