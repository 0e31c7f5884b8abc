import * as vscode from 'vscode'
import { verdictOf, verdictSentence, stringsOf } from '@novabrain/ui'
import type { Job } from '@novabrain/contracts'
import { submitMemory } from '../capture/memory.js'
import type { Editor } from '../editor.js'
import type { Logs } from '../app.js'
import type { Live } from '../session.js'
import { followLog } from '../views/log-feed.js'
import { localPaths, terminalText } from '../views/log-text.js'

/** Logs in terminals, as editor tabs. */
export const createLogs = (editor: Editor): Logs & vscode.Disposable => {
  const open = new Map<string, vscode.Terminal>()
  const closed = vscode.window.onDidCloseTerminal((terminal) => {
    for (const [jobId, known] of open) if (known === terminal) open.delete(jobId)
  })
  return {
    open(live, job) {
      const known = open.get(job.id)
      if (known !== undefined) return known.show()
      const terminal = vscode.window.createTerminal({
        name: `#${job.number} ${job.name}`,
        pty: logTerminal(editor, live, job, () => undefined),
        iconPath: new vscode.ThemeIcon('output'),
        location: vscode.TerminalLocation.Editor,
        isTransient: true,
      })
      open.set(job.id, terminal)
      terminal.show()
    },
    dispose() {
      closed.dispose()
      for (const terminal of open.values()) terminal.dispose()
    },
  }
}

/** A terminal that shows the log of a job and follows it. Ctrl-C leaves the job running; `ended` is told its exit code. */
export const logTerminal = (
  editor: Editor,
  live: Live,
  job: Job,
  ended: (code: number) => void,
): vscode.Pseudoterminal => {
  const written = new vscode.EventEmitter<string>()
  const done = new vscode.EventEmitter<number | void>()
  let end = () => {}
  const folder = submitMemory(editor.memory).folderOf(job.runId) ?? editor.folders[0] ?? ''
  const say = (words: string, colour: number) => written.fire(`\r\n\u001b[${colour}m${words}\u001b[0m\r\n`)
  const sink = {
    write: (text: string) => written.fire(terminalText(localPaths(text, folder))),
    attempt: (number: number) => (number > 1 ? say(editor.t('Attempt {0}', number), 36) : undefined),
    end: (over: Job) => {
      say(endWords(editor, over), over.status === 'succeeded' ? 32 : 31)
      const code = over.status === 'succeeded' ? 0 : (verdictOf(over)?.exitCode ?? 1)
      ended(code)
    },
    fault: () => say(editor.t('The server does not answer. The log goes on when it does.'), 33),
  }
  return {
    onDidWrite: written.event,
    onDidClose: done.event,
    open: () => (end = followLog(live, job.id, sink)),
    close: () => end(),
    handleInput: (text) => {
      if (text === '\u0003') done.fire()
    },
  }
}

const endWords = (editor: Editor, job: Job): string => {
  const t = stringsOf(editor.locale)
  const verdict = verdictOf(job)
  const words = verdict === null ? t.status[job.status] : verdictSentence(verdict, t)
  const evidence = verdict?.evidence && job.status === 'failed' ? ` · ${verdict.evidence.split('\n')[0] ?? ''}` : ''
  return `#${job.number} ${words}${evidence}`
}
