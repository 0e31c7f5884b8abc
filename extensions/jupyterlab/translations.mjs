// The translations of what stands in JupyterLab's own frame (commands, settings, messages), from locale/zh_CN.json to the
// form JupyterLab's server reads. What is inside our elements has its texts in shared/ui.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const here = import.meta.dirname
const domain = 'novabrain_jupyterlab'

/** Write the translations where the wheel takes them from. */
export const writeTranslations = () => {
  const source = JSON.parse(readFileSync(path.join(here, 'locale/zh_CN.json'), 'utf8'))
  const header = { domain, language: 'zh-CN', plural_forms: 'nplurals=1; plural=0;', version: '1' }
  const entries = Object.entries(source).map(([text, translation]) => [text, [translation].flat()])
  const folder = path.join(here, domain, 'locale/zh_CN/LC_MESSAGES')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, `${domain}.json`), JSON.stringify({ '': header, ...Object.fromEntries(entries) }))
}
