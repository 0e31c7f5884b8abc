import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application'
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils'
import { ITranslator } from '@jupyterlab/translation'
import { commandIds } from '../commands/ids.js'
import { markIcon } from '../icons.js'
import { signedOutTexts, textsOf } from '../texts.js'
import { IQueuePage, ISession } from '../tokens.js'
import { ElementWidget } from '../widgets/element-widget.js'

const id = 'novabrain-queue'

/** The page of the queue and the GPUs in the main area: one for the whole page; it comes back with the layout. */
export const queuePagePlugin: JupyterFrontEndPlugin<IQueuePage> = {
  id: '@novabrain/jupyterlab:queue-page',
  description: 'The page of the queue and the GPUs.',
  autoStart: true,
  provides: IQueuePage,
  requires: [ISession, ITranslator],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, session: ISession, translator: ITranslator, restorer: ILayoutRestorer | null) => {
    const trans = textsOf(translator)
    const tracker = new WidgetTracker<MainAreaWidget<ElementWidget>>({ namespace: id })
    void restorer?.restore(tracker, { command: commandIds.openQueue, name: () => id })
    const make = () => {
      const page = new MainAreaWidget({
        content: new ElementWidget({
          session,
          texts: signedOutTexts(trans, translator),
          element: async ({ live }) => (await import('../widgets/queue-page.js')).queuePage(live),
        }),
      })
      page.id = id
      page.content.addClass('nb-mod-scroll')
      page.toolbar.hide()
      page.title.label = trans.__('Queue and GPUs')
      page.title.icon = markIcon
      page.title.closable = true
      return page
    }
    return {
      async open() {
        const open = tracker.currentWidget
        const page = open ?? make()
        if (open === null) {
          app.shell.add(page, 'main', { type: 'NovaBrain queue' })
          await tracker.add(page)
        }
        app.shell.activateById(page.id)
      },
    }
  },
}
