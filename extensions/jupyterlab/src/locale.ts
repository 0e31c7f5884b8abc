import type { ITranslator } from '@jupyterlab/translation'
import type { Locale } from '@novabrain/contracts'

/** The language of the page: JupyterLab's. */
export const localeOf = (translator: ITranslator): Locale => (/^zh/i.test(translator.languageCode) ? 'zh-CN' : 'en')
