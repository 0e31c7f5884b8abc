import type { JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ISettingRegistry } from '@jupyterlab/settingregistry'
import { Signal } from '@lumino/signaling'
import { ITranslator, type TranslationBundle } from '@jupyterlab/translation'
import { textsOf } from '../texts.js'
import { ISettings, type Settings } from '../tokens.js'

export const defaultSettings: Settings = {
  serverUrl: 'http://127.0.0.1:7077',
  project: '',
  notifications: 'ends',
  pullOutputs: 'ask',
}

const id = '@novabrain/jupyterlab:plugin'

/** Reads the settings; its schema also carries the toolbar items and the shortcut. */
export const settingsPlugin: JupyterFrontEndPlugin<ISettings> = {
  id,
  description: 'The settings, toolbar buttons and shortcut of NovaBrain.',
  autoStart: true,
  provides: ISettings,
  requires: [ITranslator],
  optional: [ISettingRegistry],
  activate: (_app, translator: ITranslator, registry: ISettingRegistry | null): ISettings => {
    const found = createSettings()
    void registry?.load(id).then((settings) => {
      const read = () => found.become({ ...defaultSettings, ...(settings.composite as Partial<Settings>) })
      settings.changed.connect(read)
      translate(settings.schema, textsOf(translator))
      read()
    })
    return found
  },
}

/**
 * JupyterLab's server translates schemas only from language packs, not from packages that bring their own translations, so
 * the words of ours are put in here.
 */
const translate = (schema: ISettingRegistry.ISchema, trans: TranslationBundle): void => {
  for (const each of [schema, ...Object.values(schema.properties ?? {})]) {
    if (typeof each.title === 'string') each.title = trans.__(each.title)
    if (typeof each.description === 'string') each.description = trans.__(each.description)
  }
}

const createSettings = (): ISettings & { become(next: Settings): void } => {
  const owner = {} as ISettings
  const changed = new Signal<ISettings, Settings>(owner)
  let current = defaultSettings
  return Object.assign(
    Object.defineProperties(owner, { current: { get: () => current }, changed: { value: changed } }),
    {
      become(next: Settings) {
        current = next
        changed.emit(next)
      },
    },
  )
}
