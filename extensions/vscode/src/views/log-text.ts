/** Text for a terminal: each line end returns the carriage as well, and what Python prints of places leads to the workspace. */
export const terminalText = (text: string): string => text.replace(/\r?\n/g, '\r\n')

/**
 * Paths of the job's own folder in tracebacks, made relative, so that a click or the problem matcher finds the file of the
 * workspace: `File "/…/work/<attempt>/code/train.py"` becomes `File "<folder>/train.py"`.
 */
export const localPaths = (text: string, folder: string): string =>
  text.replace(/File "[^"\n]*\/work\/[0-9a-f]{32}\/code\/([^"\n]+)"/g, (_, path: string) => `File "${folder}/${path}"`)
