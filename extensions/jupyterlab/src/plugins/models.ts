import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application'
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils'
import { ITranslator } from '@jupyterlab/translation'
import { commandIds } from '../commands/ids.js'
import { markIcon } from '../icons.js'
import { signedOutTexts, textsOf } from '../texts.js'
import { IModelPages, ISession, type ModelPage } from '../tokens.js'
import { ElementWidget } from '../widgets/element-widget.js'

/** Pages of the model registry in the main area; they come back with the layout. */
export const modelPagesPlugin: JupyterFrontEndPlugin<IModelPages> = {
  id: '@novabrain/jupyterlab:model-pages',
  description: 'The pages of registered models.',
  autoStart: true,
  provides: IModelPages,
  requires: [ISession, ITranslator],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, session: ISession, translator: ITranslator, restorer: ILayoutRestorer | null) => {
    const trans = textsOf(translator)
    const tracker = new WidgetTracker<MainAreaWidget<ElementWidget>>({ namespace: 'novabrain-models' })
    void restorer?.restore(tracker, {
      command: commandIds.openModel,
      args: ({ id }) => ({ ...pageOf(id) }),
      name: ({ id }) => id,
    })
    const make = (page: ModelPage) => {
      const widget = new MainAreaWidget({
        content: new ElementWidget({
          session,
          texts: signedOutTexts(trans, translator),
          element: async ({ live }) => (await import('../widgets/model-page.js')).modelPage(live, page),
        }),
      })
      widget.id = idOf(page)
      widget.content.addClass('nb-mod-scroll')
      widget.toolbar.hide()
      widget.title.label =
        page.name === undefined
          ? trans.__('Models')
          : page.name + (page.version === undefined ? '' : ` v${String(page.version)}`)
      widget.title.icon = markIcon
      widget.title.closable = true
      return widget
    }
    return {
      async open(page) {
        const known = tracker.find(({ id }) => id === idOf(page))
        const widget = known ?? make(page)
        if (known === undefined) {
          app.shell.add(widget, 'main', { type: 'NovaBrain model' })
          await tracker.add(widget)
        }
        app.shell.activateById(widget.id)
      },
    }
  },
}

const idPrefix = 'novabrain-model'
/** The name comes last: no slash is in it. */
const idOf = ({ name, version }: ModelPage): string =>
  name === undefined ? idPrefix : `${idPrefix}/${String(version ?? '')}/${name}`

const pageOf = (id: string): ModelPage => {
  const [, version, name] = id.split('/')
  return { ...(name === undefined ? {} : { name }), ...(version ? { version: Number(version) } : {}) }
}
