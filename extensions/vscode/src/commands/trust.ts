import type { App } from '../app.js'

/** Whether something of this folder may be run; when not, it is said with the way to change it. */
export const trusted = async ({ editor }: App): Promise<boolean> => {
  if (editor.trusted) return true
  const manage = editor.t('Manage trust')
  const message = editor.t('This folder is not trusted, so nothing is run or uploaded from it.')
  if ((await editor.tell('warning', message, manage)) === manage) await editor.run('workbench.trust.manage')
  return false
}
