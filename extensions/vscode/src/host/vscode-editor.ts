import * as vscode from 'vscode'
import type { Locale } from '@novabrain/contracts'
import type { AskRequest, Editor, Memory, Pick, PickItem, PickRequest, ProgressStep, Settings } from '../editor.js'
import { documents } from './documents.js'

/** VS Code as NovaBrain sees it. */
export const createEditor = (context: vscode.ExtensionContext): Editor => ({
  locale: localeOf(vscode.env.language),
  t: (text, ...values) => vscode.l10n.t(text, ...values),
  get settings() {
    return readSettings()
  },
  onSettings(listener) {
    const subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('novabrain')) listener(readSettings())
    })
    return () => subscription.dispose()
  },
  keepServerUrl: async (url) =>
    vscode.workspace.getConfiguration('novabrain').update('serverUrl', url, vscode.ConfigurationTarget.Global),
  get trusted() {
    return vscode.workspace.isTrusted
  },
  get focused() {
    return vscode.window.state.focused
  },
  get folders() {
    return (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath)
  },
  secrets: {
    get: async (key) => (await context.secrets.get(key)) ?? null,
    set: async (key, value) => context.secrets.store(key, value),
    delete: async (key) => context.secrets.delete(key),
  },
  memory: memoryOf(context),
  storageFolder: context.globalStorageUri.fsPath,
  documents,
  pick,
  ask,
  async tell(kind, message, ...buttons) {
    const show = {
      information: vscode.window.showInformationMessage,
      warning: vscode.window.showWarningMessage,
      error: vscode.window.showErrorMessage,
    }[kind]
    return (await show(message, ...buttons)) ?? null
  },
  confirm: async (message, detail, button) =>
    (await vscode.window.showWarningMessage(message, { modal: true, detail }, button)) === button,
  progress,
  openExternal: async (address) => vscode.env.openExternal(vscode.Uri.parse(address, true)),
  async callbackAddress(path) {
    const uri = vscode.Uri.parse(`${vscode.env.uriScheme}://${context.extension.id}${path}`)
    return (await vscode.env.asExternalUri(uri)).toString(true)
  },
  copy: async (text) => vscode.env.clipboard.writeText(text),
  async openFile(path, line) {
    const at = line === undefined ? undefined : new vscode.Range(line - 1, 0, line - 1, 0)
    const uri = vscode.Uri.file(path)
    await vscode.workspace.fs.stat(uri)
    await vscode.commands.executeCommand('vscode.open', uri, at === undefined ? {} : { selection: at })
  },
  async showText(title, language, text) {
    const document = await vscode.workspace.openTextDocument({ language, content: text })
    await vscode.window.showTextDocument(document, { preview: true })
    void title
  },
  async saveFile(name, bytes) {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri
    const target = await vscode.window.showSaveDialog(
      folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) },
    )
    if (target !== undefined) await vscode.workspace.fs.writeFile(target, bytes)
  },
  run: async (command, ...args) => vscode.commands.executeCommand(command, ...args),
  context: (key, value) => void vscode.commands.executeCommand('setContext', key, value),
  name: vscode.env.appName,
  extensionVersion: String((context.extension.packageJSON as { version: string }).version),
  environment: typeof process === 'undefined' ? {} : process.env,
})

const localeOf = (language: string): Locale => (/^zh/i.test(language) ? 'zh-CN' : 'en')

/** What a workspace says about where keys and code go is not heard; the manifest keeps it out, and so does this. */
const readSettings = (): Settings => {
  const settings = vscode.workspace.getConfiguration('novabrain')
  const ofUser = <T>(key: string, fallback: T): T => {
    const found = settings.inspect<T>(key)
    return found?.globalValue ?? found?.defaultValue ?? fallback
  }
  return {
    serverUrl: ofUser('serverUrl', 'http://127.0.0.1:7077'),
    project: settings.get('project', ''),
    pythonPath: settings.get('pythonPath', ''),
    notifications: settings.get('notifications', 'ends'),
    pullOutputs: settings.get('pullOutputs', 'ask'),
  }
}

const memoryOf = (context: vscode.ExtensionContext): Memory => {
  const storeOf = (scope: 'user' | 'workspace') => (scope === 'user' ? context.globalState : context.workspaceState)
  return {
    get: <T>(scope: 'user' | 'workspace', key: string) => storeOf(scope).get<T>(key) ?? null,
    set: async (scope, key, value) => storeOf(scope).update(key, value),
  }
}

type Entry<T> = vscode.QuickPickItem & { readonly of?: PickItem<T> }

const pick = <T>(request: PickRequest<T>): Pick<T> => {
  const list = vscode.window.createQuickPick<Entry<T>>()
  let closed = false
  let answer: (value: readonly T[] | null) => void = () => undefined
  const apply = (change: Partial<PickRequest<T>>) => {
    if (change.title !== undefined) list.title = change.title
    if (change.placeholder !== undefined) list.placeholder = change.placeholder
    if (change.many !== undefined) list.canSelectMany = change.many
    if (change.busy !== undefined) list.busy = change.busy
    if (change.items !== undefined) {
      const active = list.activeItems[0]?.of?.value
      list.items = change.items.flatMap(entriesOf)
      const again = list.items.filter(({ of }) => of !== undefined && of.value === active)
      if (active !== undefined && again.length > 0) list.activeItems = again
      if (list.canSelectMany) list.selectedItems = list.items.filter(({ picked }) => picked === true)
    }
  }
  list.matchOnDescription = true
  list.matchOnDetail = true
  list.keepScrollPosition = true
  list.ignoreFocusOut = request.sticky === true
  apply(request)
  list.onDidAccept(() => {
    const chosen = list.canSelectMany ? list.selectedItems : list.activeItems
    answer(chosen.flatMap(({ of }) => (of === undefined ? [] : [of.value])))
  })
  list.onDidHide(() => {
    closed = true
    answer(null)
  })
  list.show()
  return {
    update: (change) => (closed ? undefined : apply(change)),
    chosen: () => (closed ? Promise.resolve(null) : new Promise((resolve) => (answer = resolve))),
    close() {
      list.hide()
      list.dispose()
    },
  }
}

const entriesOf = <T>(item: PickItem<T>): Entry<T>[] => {
  const entry: Entry<T> = {
    label: item.label,
    of: item,
    alwaysShow: false,
    ...(item.description === undefined ? {} : { description: item.description }),
    ...(item.detail === undefined ? {} : { detail: item.detail }),
    ...(item.picked === undefined ? {} : { picked: item.picked }),
  }
  const line = { label: item.divider ?? '', kind: vscode.QuickPickItemKind.Separator }
  return item.divider === undefined ? [entry] : [line, entry]
}

const ask = async ({ check, ...request }: AskRequest): Promise<string | null> => {
  const { title, prompt, placeholder, value, password } = request
  const text = await vscode.window.showInputBox({
    title,
    ignoreFocusOut: true,
    ...(prompt === undefined ? {} : { prompt }),
    ...(placeholder === undefined ? {} : { placeHolder: placeholder }),
    ...(value === undefined ? {} : { value }),
    ...(password === undefined ? {} : { password }),
    ...(check === undefined ? {} : { validateInput: check }),
  })
  return text ?? null
}

const progress = async <T>(
  where: 'view' | 'window' | 'notification',
  title: string,
  work: (step: ProgressStep) => Promise<T>,
): Promise<T> => {
  const location = {
    view: { viewId: 'novabrain.runs' },
    window: vscode.ProgressLocation.Window,
    notification: vscode.ProgressLocation.Notification,
  }[where]
  const options = { location, title, cancellable: where === 'notification' }
  return vscode.window.withProgress(options, (reporter, cancellation) => {
    const abort = new AbortController()
    cancellation.onCancellationRequested(() => abort.abort())
    return work({ signal: abort.signal, report: (message) => reporter.report({ message }) })
  })
}
