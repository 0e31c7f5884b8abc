import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { loadConfig } from '../config.js'
import type { Context } from './command.js'

/** A program that answers, and what it said of itself. */
export interface Tool {
  readonly command: string
  readonly version: string
}

type Place = Pick<Context, 'home' | 'environment'>

/** uv, where the server looks for it: as configured, else on the `PATH` or among the tools of the data folder. */
export const findUv = async ({ home, environment }: Place): Promise<Tool | null> => {
  const { uvPath } = await loadConfig(home, environment)
  const program = process.platform === 'win32' ? 'tools/Scripts/uv.exe' : 'tools/bin/uv'
  return firstThatAnswers(uvPath === undefined ? ['uv', path.join(home, program)] : [uvPath])
}

/** The Python of jobs without a pin: as configured, else the one on the `PATH`. */
export const findPython = async ({ home, environment }: Place): Promise<Tool | null> => {
  const { pythonPath } = await loadConfig(home, environment)
  return firstThatAnswers(pythonPath === undefined ? ['python3', 'python'] : [pythonPath])
}

const firstThatAnswers = async (commands: readonly string[]): Promise<Tool | null> => {
  for (const command of commands) {
    const version = await ask(command, ['--version'])
    if (version !== null) return { command, version }
  }
  return null
}

/** What a program prints, or `null` when it is not there or fails. */
export const ask = async (command: string, args: readonly string[]): Promise<string | null> => {
  try {
    const { stdout } = await promisify(execFile)(command, args, { timeout: 10_000 })
    return stdout.trim()
  } catch {
    return null
  }
}
