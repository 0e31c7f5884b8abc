import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application'
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils'
import { ITranslator } from '@jupyterlab/translation'
import { commandIds } from '../commands/ids.js'
import { markIcon } from '../icons.js'
import { signedOutTexts, textsOf } from '../texts.js'
import { IRunPages, ISession } from '../tokens.js'
import { ElementWidget } from '../widgets/element-widget.js'

/** The one left panel: active and recent runs. */
export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: '@novabrain/jupyterlab:panel',
  description: 'The panel with active and recent runs.',
  autoStart: true,
  requires: [ISession, ITranslator],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, session: ISession, translator: ITranslator, restorer: ILayoutRestorer | null) => {
    const trans = textsOf(translator)
    const panel = new ElementWidget({
      session,
      texts: signedOutTexts(trans, translator),
      element: async ({ live }) => (await import('../widgets/panel.js')).panelOf(live),
    })
    panel.id = 'novabrain-runs'
    panel.title.icon = markIcon
    panel.title.caption = trans.__('NovaBrain: runs')
    panel.node.setAttribute('role', 'region')
    panel.node.setAttribute('aria-label', trans.__('NovaBrain: runs'))
    restorer?.add(panel, panel.id)
    app.shell.add(panel, 'left', { rank: 350, type: 'NovaBrain' })
  },
}

interface PageOf {
  readonly runId: string
  readonly tab?: string
}

/** Pages of runs in the main area; they come back with the layout. */
export const runPagesPlugin: JupyterFrontEndPlugin<IRunPages> = {
  id: '@novabrain/jupyterlab:run-pages',
  description: 'The pages of runs.',
  autoStart: true,
  provides: IRunPages,
  requires: [ISession, ITranslator],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, session: ISession, translator: ITranslator, restorer: ILayoutRestorer | null) => {
    const trans = textsOf(translator)
    const tracker = new WidgetTracker<MainAreaWidget<ElementWidget>>({ namespace: 'novabrain-runs' })
    void restorer?.restore(tracker, {
      command: commandIds.openRun,
      args: (page) => ({ runId: runIdOf(page) }),
      name: runIdOf,
    })
    const make = ({ runId, tab }: PageOf) => {
      const page: MainAreaWidget<ElementWidget> = new MainAreaWidget({
        content: new ElementWidget({
          session,
          texts: signedOutTexts(trans, translator),
          element: async ({ live }) =>
            (await import('../widgets/run-page.js')).runPage(live, runId, tab, (name) => (page.title.label = name)),
        }),
      })
      page.id = idPrefix + runId
      page.toolbar.hide()
      page.title.label = trans.__('Run')
      page.title.icon = markIcon
      page.title.closable = true
      return page
    }
    return {
      async open({ jobId, runId, tab }) {
        const id = runId ?? (jobId === undefined ? null : await runOfJob(session, jobId))
        if (id === null) return
        const open = tracker.find((page) => runIdOf(page) === id)
        const page = open ?? make({ runId: id, ...(tab === undefined ? {} : { tab }) })
        if (open === undefined) {
          app.shell.add(page, 'main', { type: 'NovaBrain run' })
          await tracker.add(page)
        } else if (tab !== undefined) {
          Object.assign(page.content.node.firstElementChild ?? {}, { tab })
        }
        app.shell.activateById(page.id)
      },
    }
  },
}

const idPrefix = 'novabrain-run-'
const runIdOf = (page: MainAreaWidget): string => page.id.slice(idPrefix.length)

const runOfJob = async (session: ISession, jobId: string): Promise<string | null> => {
  const live = await session.live()
  if (live === null) return null
  const known = live.jobs.state.view.jobs.get(jobId)
  return (known ?? (await live.client.getJob({ params: { projectId: live.projectId, jobId } }))).runId
}
