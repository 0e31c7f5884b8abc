import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { plainEnvironment, start, type Running } from './command-line.js'

const repository = resolve(__dirname, '../..')

/** The `novabrain` command, bundled from its sources: a process of its own, which can be killed. */
export interface CommandLine {
  begin(args: readonly string[], environment: Readonly<Record<string, string>>, cwd: string): Running
  close(): Promise<void>
}

/** Bundle it where its packages are found. */
export const commandLineFromSources = async (): Promise<CommandLine> => {
  await mkdir(join(repository, 'test', 'artifacts'), { recursive: true })
  const folder = await mkdtemp(join(repository, 'test', 'artifacts', 'cli-'))
  const entry = join(folder, 'entry.ts')
  const file = join(folder, 'server', 'bundle', 'cli.mjs')
  const main = JSON.stringify(join(repository, 'server/src/cli/main.ts'))
  await writeFile(entry, `import { main } from ${main}\nprocess.exitCode = await main(process.argv.slice(2))\n`)
  await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    alias: {
      '@novabrain/contracts': join(repository, 'shared/contracts/src/index.ts'),
      '@novabrain/scheduler': join(repository, 'scheduler/src/index.ts'),
    },
    loader: { '.py': 'text', '.lock': 'text' },
    logLevel: 'error',
  })
  return {
    begin: (args, environment, cwd) =>
      start(process.execPath, [file, ...args], { env: plainEnvironment(environment), cwd }),
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
