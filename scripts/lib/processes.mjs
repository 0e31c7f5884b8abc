import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { home } from './places.mjs'
import { t } from './texts.mjs'

/** The first free port from `wanted` on, and whether it is another than the wanted one. */
export const freePort = async (wanted) => {
  for (let port = wanted; port < wanted + 100 && port < 65_536; port += 1)
    if (await isFree(port)) return { port, moved: port !== wanted }
  throw new Error(t('processes.noPort', { from: wanted, to: wanted + 99 }))
}

const isFree = (port) =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

/** Whether a process lives. */
export const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Whether a process lives and, as far as one can tell, has a word in its command line: process numbers are used again. */
export const isAliveAs = (pid, word) => {
  if (!isAlive(pid)) return false
  const commandLine = `/proc/${pid}/cmdline`
  return !existsSync(commandLine) || readFileSync(commandLine, 'utf8').includes(word)
}

/** Start a program whose output goes to a log in the data folder. It gets no signal meant for the terminal. `undefined` unsets a variable. */
export const startLogged = (name, command, args, env) => {
  const folder = path.join(home, 'logs')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${name}.log`)
  const log = createWriteStream(file)
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  child.stdout.pipe(log)
  child.stderr.pipe(log)
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', (error) => resolve({ code: error.code, signal: null }))
  })
  const tail = () => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-10).join('\n')
  return { child, file, tail, ended }
}

/** Ask an address until it answers, or until the program behind it ends. */
export const untilAnswers = async (url, program, limitMs) => {
  const endMs = Date.now() + limitMs
  let over = null
  void program.ended.then((end) => (over = end))
  while (Date.now() < endMs) {
    if (over !== null)
      throw new Error(
        t('processes.ended', { code: over.code ?? over.signal, file: program.file, tail: program.tail() }),
      )
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(t('processes.noAnswer', { url, seconds: limitMs / 1000, file: program.file, tail: program.tail() }))
}

/** Whether a process lives and works on our data folder; only Linux tells, and where nothing tells it is not ours. */
export const worksOnHome = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`NOVABRAIN_HOME=${home}`)
  } catch {
    return false
  }
}

/** End a process that works on our data folder and is no child of ours: SIGTERM, and SIGKILL when it has not ended by then. */
export const stopStranger = async (pid, graceMs) => {
  const endMs = Date.now() + graceMs
  for (let signal = 'SIGTERM'; worksOnHome(pid); signal = Date.now() > endMs ? 'SIGKILL' : 0) {
    process.kill(pid, signal)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** End a program: SIGTERM, and SIGKILL when it has not ended by then. */
export const stop = async (program, graceMs = 15_000) => {
  if (program === null || program.child.exitCode !== null || program.child.signalCode !== null) return
  program.child.kill('SIGTERM')
  const timer = setTimeout(() => program.child.kill('SIGKILL'), graceMs)
  await program.ended
  clearTimeout(timer)
}
