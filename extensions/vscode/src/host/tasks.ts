import * as vscode from 'vscode'
import type { App } from '../app.js'
import { readTask } from '../tasks/definition.js'
import { submitTask } from '../tasks/run-task.js'
import { logTerminal } from './logs.js'

/** The terminal of a task: what is submitted, then the log; it ends with the exit code of the job. */
export const taskTerminal = (app: App, given: vscode.TaskDefinition, folder: string): vscode.Pseudoterminal => {
  const written = new vscode.EventEmitter<string>()
  const done = new vscode.EventEmitter<number | void>()
  const say = (line: string) => written.fire(`${line}\r\n`)
  let terminal: vscode.Pseudoterminal | null = null
  let stop = () => {}
  const begin = async () => {
    const definition = readTask(given)
    if (definition === null) return fail(app.editor.t('The task names no file.'))
    const submitted = await submitTask(app, definition, folder, say)
    if (submitted === null) return done.fire(1)
    const { live, job } = submitted
    stop = () =>
      void live.client.stopJob({ params: { projectId: live.projectId, jobId: job.id } }).catch(() => undefined)
    terminal = logTerminal(app.editor, live, job, (code) => done.fire(code))
    terminal.onDidWrite((text) => written.fire(text))
    terminal.open(undefined)
  }
  const fail = (words: string) => {
    say(words)
    done.fire(1)
  }
  return {
    onDidWrite: written.event,
    onDidClose: done.event,
    open: () => void begin(),
    /** Ending the task ends the job: that is what one expects of a task. */
    close() {
      terminal?.close()
      stop()
    },
    handleInput: (text) => {
      if (text === '\u0003') {
        stop()
        say('^C')
      }
    },
  }
}
