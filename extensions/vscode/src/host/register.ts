import * as vscode from 'vscode'
import type { Unsubscribe } from '@novabrain/contracts'
import type { Tool } from '../assistant/tools.js'
import type { PageTarget } from '../bridge.js'
import type { CellWords } from '../notebook/cell-metrics.js'
import type { StatusWords } from '../views/status.js'
import type { TreeSource } from '../views/tree.js'
import { cellStatusProvider } from './cell-status.js'
import { greyStale, showTree } from './tree.js'
import { taskOf } from './task.js'

/** What VS Code gives an extension. */
export type Context = vscode.ExtensionContext

type Command = (first: unknown, second: unknown) => Promise<unknown>

/** What stands behind the registrations. */
export interface Core {
  readonly runs: TreeSource
  readonly team: TreeSource
  readonly commands: Readonly<Record<string, Command>>
  readonly tools: Readonly<Record<string, Tool>>
  cellMetrics(notebookPath: string, source: string, cells: readonly string[]): Promise<CellWords | null>
  followStatus(show: (words: StatusWords | null) => void): Unsubscribe
  restorePage(panel: vscode.WebviewPanel, target: PageTarget | undefined): Promise<void>
  onPainted(listener: (afterMs: number) => void): Unsubscribe
  taskTerminal(definition: vscode.TaskDefinition, folder: string): vscode.Pseudoterminal
  openLink(path: string, query: URLSearchParams): Promise<void>
  /** Run the cells of the notebooks that chose this controller. */
  runCells(controller: vscode.NotebookController): vscode.Disposable
  /** Where the server's MCP endpoint is, and with which key; `null` when signed out. */
  mcp(): Promise<{
    readonly url: string
    readonly token: string
    readonly projectId: string
    readonly version: string
  } | null>
  onSession(listener: () => void): Unsubscribe
  /** Told when a job of the project has changed, at most once a second. */
  onJobs(listener: () => void): Unsubscribe
  dispose(): void
}

/** Tell VS Code what there is. What does the work is loaded by the first that is used. */
export const register = (context: Context, load: () => Promise<Core>): void => {
  const loaded = new vscode.EventEmitter<Core>()
  let loading: Promise<Core> | null = null
  const core = (): Promise<Core> =>
    (loading ??= load().then((made) => {
      context.subscriptions.push(made)
      showStatus(context, made)
      loaded.fire(made)
      return made
    }))

  const { commands } = context.extension.packageJSON.contributes as { commands: readonly { command: string }[] }
  context.subscriptions.push(
    loaded,
    greyStale(),
    showTree(
      'novabrain.runs',
      later(core, loaded.event, ({ runs }) => runs),
    ),
    showTree(
      'novabrain.team',
      later(core, loaded.event, ({ team }) => team),
    ),
    // A row of a tree opens its page by a command; these have nothing to offer in a menu or the palette.
    ...[
      ...commands,
      { command: 'novabrain.openModel' },
      { command: 'novabrain.openQueue' },
      { command: 'novabrain.openTable' },
    ].map(({ command }) =>
      vscode.commands.registerCommand(command, async (first: unknown, second: unknown) =>
        (await core()).commands[command.replace('novabrain.', '')]?.(first, second),
      ),
    ),
    ...['novabrain.run', 'novabrain.compare', 'novabrain.queue', 'novabrain.table', 'novabrain.model'].map((viewType) =>
      vscode.window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (panel, target: PageTarget | undefined) =>
          (await core()).restorePage(panel, target),
      }),
    ),
    vscode.window.registerUriHandler({
      handleUri: async (uri) => (await core()).openLink(uri.path, new URLSearchParams(uri.query)),
    }),
    vscode.tasks.registerTaskProvider('novabrain', {
      provideTasks: () => [],
      resolveTask: ({ definition, scope }) =>
        taskOf(definition, scope ?? vscode.TaskScope.Workspace, async (resolved, folder) =>
          (await core()).taskTerminal(resolved, folder),
        ),
    }),
    vscode.notebooks.registerNotebookCellStatusBarItemProvider(
      'jupyter-notebook',
      cellStatusProvider(core, loaded.event),
    ),
    registerController(core),
    ...registerTools(context, core),
    registerMcp(core, loaded.event),
  )
}

/** A tree whose rows come when the core is there; looking at it loads the core. */
const later = (core: () => Promise<Core>, loaded: vscode.Event<Core>, of: (core: Core) => TreeSource): TreeSource => {
  let source: TreeSource | null = null
  let seen = false
  const listeners = new Set<() => void>()
  loaded((made) => {
    source = of(made)
    source.onChange(() => listeners.forEach((tell) => tell()))
    source.visible(seen)
  })
  return {
    rows: () => source?.rows() ?? [],
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    visible(now) {
      seen = now
      source?.visible(now)
      if (now) void core()
    },
  }
}

const showStatus = (context: Context, { followStatus }: Core): void => {
  const item = vscode.window.createStatusBarItem('novabrain.status', vscode.StatusBarAlignment.Left, 10)
  item.name = 'NovaBrain'
  item.command = 'novabrain.runs.focus'
  const end = followStatus((words) => {
    if (words === null) return item.hide()
    item.text = words.text
    item.tooltip = words.hover
    item.accessibilityInformation = { label: words.spoken }
    item.show()
  })
  context.subscriptions.push(item, { dispose: end })
}

/** The kernel of NovaBrain in the picker; what runs cells is loaded with the first of them. */
const registerController = (core: () => Promise<Core>): vscode.Disposable => {
  const controller = vscode.notebooks.createNotebookController('novabrain-gpu', 'jupyter-notebook', 'NovaBrain GPU')
  controller.supportedLanguages = ['python']
  controller.supportsExecutionOrder = true
  controller.description = vscode.l10n.t('Runs cells in a kernel that is a job on a GPU')
  const parts: vscode.Disposable[] = [controller]
  controller.executeHandler = async (cells, notebook) => {
    parts.push((await core()).runCells(controller))
    await controller.executeHandler(cells, notebook, controller)
  }
  return { dispose: () => parts.forEach((part) => part.dispose()) }
}

const registerTools = (context: Context, core: () => Promise<Core>): vscode.Disposable[] => {
  const { languageModelTools } = context.extension.packageJSON.contributes as {
    languageModelTools: readonly { name: string }[]
  }
  return languageModelTools.map(({ name }) =>
    vscode.lm.registerTool<Record<string, unknown>>(name, {
      async prepareInvocation({ input }) {
        const asked = (await core()).tools[name]?.confirm(input) ?? null
        return asked === null ? {} : { confirmationMessages: asked }
      },
      async invoke({ input }) {
        const answer = (await (await core()).tools[name]?.run(input)) ?? ''
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(answer)])
      },
    }),
  )
}

const registerMcp = (core: () => Promise<Core>, loaded: vscode.Event<Core>): vscode.Disposable => {
  const changed = new vscode.EventEmitter<void>()
  loaded((made) => made.onSession(() => changed.fire()))
  const provider: vscode.McpServerDefinitionProvider<vscode.McpHttpServerDefinition> = {
    onDidChangeMcpServerDefinitions: changed.event,
    async provideMcpServerDefinitions() {
      const mcp = await (await core()).mcp()
      if (mcp === null) return []
      return [new vscode.McpHttpServerDefinition('NovaBrain', vscode.Uri.parse(mcp.url), {}, mcp.version)]
    },
    /** The key is added when the server is started, so that no list of servers holds it. */
    async resolveMcpServerDefinition(server) {
      const mcp = await (await core()).mcp()
      if (mcp !== null) server.headers = { authorization: `Bearer ${mcp.token}`, 'x-novabrain-project': mcp.projectId }
      return server
    },
  }
  return vscode.Disposable.from(changed, vscode.lm.registerMcpServerDefinitionProvider('novabrain.mcp', provider))
}
