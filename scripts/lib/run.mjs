import { spawn } from 'node:child_process'
import { t } from './texts.mjs'

const children = new Set()

/** Run a program to its end; gives its output, or throws with the last lines of it. */
export const run = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    children.add(child)
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.on('error', (error) => {
      children.delete(child)
      reject(error)
    })
    child.on('close', (code) => {
      children.delete(child)
      const output = Buffer.concat(chunks).toString('utf8')
      if (code === 0) return resolve(output)
      const tail = output.trimEnd().split('\n').slice(-15).join('\n')
      reject(
        Object.assign(new Error(t('run.ended', { command: [command, ...args.slice(0, 3)].join(' '), code, tail })), {
          output,
        }),
      )
    })
  })

/** End what `run` has under way. */
export const stopRunning = () => {
  for (const child of children) child.kill('SIGTERM')
}
