import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application'
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils'
import { ITranslator } from '@jupyterlab/translation'
import { commandIds } from '../commands/ids.js'
import { markIcon } from '../icons.js'
import { signedOutTexts, textsOf } from '../texts.js'
import { ISession, ITablePages, type TablePage } from '../tokens.js'
import { ElementWidget } from '../widgets/element-widget.js'

/** Tables of runs in the main area; what they show comes back with the layout. */
export const tablePagesPlugin: JupyterFrontEndPlugin<ITablePages> = {
  id: '@novabrain/jupyterlab:table-pages',
  description: 'The tables of runs.',
  autoStart: true,
  provides: ITablePages,
  requires: [ISession, ITranslator],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, session: ISession, translator: ITranslator, restorer: ILayoutRestorer | null) => {
    const trans = textsOf(translator)
    const tracker = new WidgetTracker<MainAreaWidget<ElementWidget>>({ namespace: 'novabrain-tables' })
    const shown = new Map<string, TablePage>()
    void restorer?.restore(tracker, {
      command: commandIds.openTable,
      args: ({ id }) => ({
        experimentIds: [...(shown.get(id)?.experimentIds ?? [])],
        query: shown.get(id)?.query ?? '',
      }),
      name: ({ id }) => id,
    })
    const make = (first: TablePage) => {
      const widget: MainAreaWidget<ElementWidget> = new MainAreaWidget({
        content: new ElementWidget({
          session,
          texts: signedOutTexts(trans, translator),
          element: async ({ live }) =>
            (await import('../widgets/table-page.js')).tablePage(live, shown.get(widget.id) ?? first, (page) => {
              shown.set(widget.id, page)
              void tracker.save(widget)
            }),
        }),
      })
      widget.id = idOf(first)
      shown.set(widget.id, first)
      widget.toolbar.hide()
      widget.title.label = trans.__('Table of runs')
      widget.title.icon = markIcon
      widget.title.closable = true
      widget.disposed.connect(() => shown.delete(widget.id))
      return widget
    }
    return {
      async open(page) {
        const known = tracker.find(({ id }) => id === idOf(page))
        const widget = known ?? make(page)
        if (known === undefined) {
          app.shell.add(widget, 'main', { type: 'NovaBrain table' })
          await tracker.add(widget)
        }
        app.shell.activateById(widget.id)
      },
    }
  },
}

/** A table is known by the experiments with which it was opened. */
const idOf = ({ experimentIds }: TablePage): string => ['novabrain-table', ...experimentIds].join('-')
