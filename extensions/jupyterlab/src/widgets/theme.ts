import { applyTheme } from '@novabrain/ui'

let applied = false

/** Map JupyterLab's variables onto ours, once for the page, when the first of our elements is drawn. */
export const useTheme = (): void => {
  if (applied) return
  applied = true
  applyTheme(document, 'jupyterlab')
}
