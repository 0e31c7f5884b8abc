import type { Verdict, VerdictKind } from '@novabrain/contracts'
import { findingOf, type Finding } from './verdict-patterns.js'
import { exceptionsAtEnd, firstLine, isWrapper, readableLines } from './verdict-text.js'

/** Why a runner ended its task before the task ended itself. */
export type StopReason = 'cancelled' | 'preempted' | 'resized' | 'superseded' | 'node_stopped'

/** What the notebook driver tells of its work; `cellIndex` counts the cells of the notebook as it was submitted, from 0. */
export interface NotebookReport {
  readonly status: 'running' | 'succeeded' | 'cell_failed' | 'kernel_died' | 'refused' | 'stopped'
  readonly cellIndex: number | null
  readonly cellsDone: number
  readonly cellCount: number
  readonly ename: string | null
  readonly evalue: string | null
  readonly traceback: string | null
  readonly kernelSignal: string | null
  readonly detail: string | null
}

/** Everything known of how a task ended. Memory in MiB. */
export interface EndOfTask {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stop: StopReason | null
  /** The limit that ran out, or `null`. */
  readonly timedOutAfterMs: number | null
  /** The last of what the task printed, decoded as UTF-8 with replacements. */
  readonly outputTail: string
  readonly gpuGranted: boolean
  readonly memory: { readonly peakMib: number; readonly limitMib: number; readonly oomKills: number }
  /** The runner could not keep output for want of disk. */
  readonly spoolFull: boolean
  readonly notebook: NotebookReport | null
}

const nothing = { exitCode: null, signal: null, evidence: null, cellIndex: null, module: null }
const maxEvidence = 4000

/** A verdict that needs no judging, such as a failure before the task was started. */
export const plainVerdict = (kind: VerdictKind, evidence: string | null): Verdict => ({
  ...nothing,
  kind,
  evidence: evidence === null ? null : clip(evidence),
})

/** How the task ended, judged from evidence: first what we did to it, then what it said of itself, then how it exited. */
export const judge = (end: EndOfTask): Verdict => {
  const facts = { exitCode: end.exitCode, signal: end.signal, cellIndex: end.notebook?.cellIndex ?? null }
  const verdict = stopped(end) ?? succeeded(end) ?? said(end) ?? killed(end) ?? byNotebook(end) ?? byExit(end)
  return { ...nothing, ...facts, ...verdict, evidence: verdict.evidence ? clip(verdict.evidence) : null }
}

type Judgement = Pick<Verdict, 'kind' | 'evidence'> & Partial<Verdict>

const stopped = (end: EndOfTask): Judgement | null => {
  if (end.stop === 'preempted') return { kind: 'preempted', evidence: 'The job was stopped in favour of another.' }
  if (end.stop === 'resized')
    return { kind: 'resized', evidence: 'The job was stopped to go on with another number of GPUs.' }
  if (end.stop === 'node_stopped')
    return { kind: 'preempted', evidence: 'The node asked the runner to stop (SIGTERM).' }
  if (end.stop === 'superseded') return { kind: 'cancelled', evidence: 'Another attempt took the place of this one.' }
  if (end.stop === 'cancelled') return { kind: 'cancelled', evidence: null }
  if (end.timedOutAfterMs === null) return null
  return { kind: 'timed_out', evidence: `The time limit of ${seconds(end.timedOutAfterMs)} s was reached.` }
}

const seconds = (ms: number): string => String(Math.round(ms / 100) / 10)

const succeeded = (end: EndOfTask): Judgement | null =>
  end.exitCode === 0 && (end.notebook === null || end.notebook.status === 'succeeded')
    ? { kind: 'succeeded', evidence: null, cellIndex: null }
    : null

/** What the task or its framework said was the cause, if it is one of those we know. */
const said = (end: EndOfTask): Judgement | null => {
  if (end.notebook?.status === 'refused') return null
  for (const text of causes(end)) {
    const finding = findingOf(text, end.gpuGranted)
    if (finding !== null) return { ...finding, evidence: lineOf(text, finding, end.gpuGranted) }
  }
  return end.spoolFull
    ? { kind: 'disk_full', evidence: 'The output of the task could not be kept: the disk is full.' }
    : null
}

/** The texts that may tell the cause, the most telling first. */
const causes = (end: EndOfTask): readonly string[] => {
  const report = end.notebook
  if (report?.status === 'cell_failed') {
    const raised = `${report.ename ?? ''}: ${report.evalue ?? ''}`
    const chain = chainOf(report.traceback ?? '')
    return [raised, ...chain]
  }
  return chainOf(end.outputTail, true)
}

const chainOf = (tail: string, orLines = false): readonly string[] => {
  const lines = readableLines(tail)
  const [last, ...before] = exceptionsAtEnd(lines)
  const freely = orLines ? lines.slice(-50).reverse() : []
  if (last === undefined) return freely
  const end = isWrapper(last.text) ? before.length : before.findIndex(({ ledTo }) => ledTo !== 'cause')
  const chain = [last, ...(end < 0 ? before : before.slice(0, end))].map(({ text }) => text)
  return isWrapper(last.text) ? [...chain, ...freely] : chain
}

/** The one line of a text that made us find it. */
const lineOf = (text: string, finding: Finding, gpuGranted: boolean): string =>
  text.split('\n').find((line) => findingOf(line, gpuGranted)?.kind === finding.kind) ?? text

/** A kill from outside: by the kernel for want of memory when it says so or the measure fits, else only a signal. */
const killed = (end: EndOfTask): Judgement | null => {
  const kernelSignal = end.notebook?.status === 'kernel_died' ? end.notebook.kernelSignal : null
  const signal = end.signal ?? kernelSignal ?? (end.exitCode === 137 ? 'SIGKILL' : null)
  if (signal === null) return null
  if (signal !== 'SIGKILL')
    return { kind: 'signal', signal, evidence: fatalLine(end) ?? `The task was ended by ${signal}.` }
  const { peakMib, limitMib, oomKills } = end.memory
  const measure = `its memory peaked at ${peakMib} MiB, ${limitMib} MiB were asked for`
  if (oomKills > 0)
    return {
      kind: 'out_of_host_memory',
      signal,
      evidence: `The kernel killed the task for want of memory; ${measure}.`,
    }
  if (limitMib > 0 && peakMib * 20 >= limitMib * 19)
    return { kind: 'out_of_host_memory', signal, evidence: `The task was killed (SIGKILL); ${measure}.` }
  return { kind: 'signal', signal, evidence: `The task was killed from outside (SIGKILL); ${measure}.` }
}

const fatalLine = (end: EndOfTask): string | null =>
  readableLines(end.outputTail)
    .slice(-200)
    .find((line) => /^Fatal Python error|Segmentation fault|terminate called|Assertion .* failed|SIGSEGV/.test(line)) ??
  null

const byNotebook = ({ notebook }: EndOfTask): Judgement | null => {
  if (notebook === null) return null
  if (notebook.status === 'cell_failed') return { kind: 'cell_failed', evidence: raisedBy(notebook) }
  if (notebook.status === 'kernel_died')
    return { kind: 'cell_failed', evidence: 'The kernel ended while this cell was running.' }
  return notebook.status === 'refused' ? { kind: 'snapshot_failed', evidence: notebook.detail } : null
}

const raisedBy = ({ ename, evalue }: NotebookReport): string => (evalue ? `${ename}: ${evalue}` : (ename ?? '?'))

const byExit = (end: EndOfTask): Judgement => {
  const lines = readableLines(end.outputTail)
  const raised = exceptionsAtEnd(lines)[0]?.text
  return { kind: 'exit_code', evidence: raised ? firstLine(raised) : (lines.at(-1) ?? null) }
}

const clip = (text: string): string => (text.length <= maxEvidence ? text : `${text.slice(0, maxEvidence - 1)}…`)
