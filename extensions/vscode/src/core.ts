import { createOutbox } from '@novabrain/contracts'
import type { ModelTarget } from '@novabrain/ui'
import type { App } from './app.js'
import { createTools, type Tool } from './assistant/tools.js'
import { compare } from './commands/compare.js'
import { diagnose } from './commands/diagnose.js'
import { compareWithPin, pinHere, restore } from './commands/environment.js'
import { copyLink, keepRun, openLog, openRun, rerun, revealFiles, stop } from './commands/jobs.js'
import { pullOutputs } from './commands/outputs.js'
import { openSample } from './commands/sample.js'
import { submit, type SubmitArguments } from './commands/submit.js'
import { followSignInLink, selectProject, signIn, signOut } from './commands/who.js'
import { createController } from './host/controller.js'
import { offerJupyterServers } from './host/jupyter-servers.js'
import { createLogs } from './host/logs.js'
import { notebooks } from './host/notebooks.js'
import { createPanels } from './host/panels.js'
import type { Context, Core } from './host/register.js'
import { taskTerminal } from './host/tasks.js'
import { createEditor } from './host/vscode-editor.js'
import { createLacks } from './lacks.js'
import { createCellMetrics } from './notebook/cell-metrics.js'
import type { Platform } from './platform/platform.js'
import { createSession, followJobs } from './session.js'
import { followBrowserLink } from './sign-in/browser.js'
import { deliverKept } from './submit/deliver.js'
import { announceEnds } from './views/ends.js'
import { createRunsList } from './views/runs.js'
import { followStatus } from './views/status.js'
import { createTeamList } from './views/team.js'

/** Everything but the registrations: loaded when the first of them is used. */
export const createCore = (context: Context, platform: Platform): Core => {
  const editor = createEditor(context)
  const session = createSession(editor, platform)
  const panels = createPanels(context, () => app)
  const logs = createLogs(editor)
  const outbox = createOutbox(platform.keptStore(editor.storageFolder))
  const app: App = { editor, platform, session, panels, logs, notebooks, outbox, lacks: createLacks() }
  const runs = createRunsList(app)
  const team = createTeamList(app)
  const tools: Readonly<Record<string, Tool>> = createTools(app)
  const ends = [
    announceEnds(app),
    session.onChange((state) => {
      editor.context('novabrain.signedIn', state.kind === 'signed_in')
      if (state.kind === 'signed_in') void deliverKept(app, state.live)
    }),
  ]
  const servers = offerJupyterServers(app).catch(() => null)

  const refresh = async (what: unknown) => {
    if (what === 'older') return runs.showOlder()
    await Promise.all([runs.refresh(), team.refresh()])
  }
  return {
    runs,
    team,
    tools,
    cellMetrics: createCellMetrics(app),
    commands: {
      run: (given) => submit(app, argumentsOf(given)),
      stop: (given) => stop(app, given),
      rerun: (given) => rerun(app, given),
      openRun: (given, tab) => openRun(app, given, tab),
      openQueue: () => panels.openQueue(),
      openModel: async (given) => panels.openModel(modelOf(given)),
      openTable: () => panels.openTable(),
      openLog: (given) => openLog(app, given),
      revealFiles: (given) => revealFiles(app, given),
      copyLink: (given) => copyLink(app, given),
      compare: (given, selected) => compare(app, given, selected),
      pinRun: (given) => keepRun(app, given, runs, true),
      unpinRun: (given) => keepRun(app, given, runs, false),
      pullOutputs: (given) => pullOutputs(app, given),
      pinEnvironment: () => pinHere(app),
      compareEnvironment: () => compareWithPin(app),
      restoreEnvironment: (given) => restore(app, given),
      signIn: (given) => signIn(app, given),
      signOut: () => signOut(app),
      selectProject: () => selectProject(app),
      refresh,
      openSample: () => openSample(app),
      diagnose: () => diagnose(app),
    },
    followStatus: (show) => followStatus(app, show),
    restorePage: (panel, target) => panels.restore(panel, target),
    onPainted: panels.onPainted,
    runCells: (controller) => createController(app, controller),
    taskTerminal: (definition, folder) => taskTerminal(app, definition, folder),
    async openLink(path, query) {
      if (path === '/signed-in') followBrowserLink(query)
      if (path === '/sign-in') await followSignInLink(app, query.get('server') ?? '')
    },
    async mcp() {
      const token = await session.token()
      if (token === null || session.state.kind !== 'signed_in') return null
      const { projectId } = session.state.live
      return { url: `${session.serverUrl}/mcp`, token, projectId, version: editor.extensionVersion }
    },
    onSession: (listener) => session.onChange(() => listener()),
    onJobs: (listener) => followJobs(session, listener),
    dispose() {
      for (const end of ends) end()
      void servers.then((offered) => offered?.dispose())
      for (const part of [runs, team, logs, panels, session]) part.dispose()
    },
  }
}

/** The page that a row names; all models when it names none. */
const modelOf = (given: unknown): ModelTarget => {
  const { name, version } = (typeof given === 'object' && given !== null ? given : {}) as {
    name?: unknown
    version?: unknown
  }
  if (typeof name !== 'string') return { kind: 'models' }
  return typeof version === 'number' ? { kind: 'version', name, version } : { kind: 'model', name }
}

/** Commands of menus are given addresses and notebooks; only a path that somebody names is meant. */
const argumentsOf = (given: unknown): SubmitArguments => {
  if (typeof given !== 'object' || given === null) return {}
  const { path, yes } = given as { path?: unknown; yes?: unknown }
  const named = typeof path === 'string' && !('scheme' in given) ? { path } : {}
  return { ...named, ...(yes === true ? { yes } : {}) }
}
