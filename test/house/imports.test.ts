import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(__dirname, '../..')

/** Who may import whom. A room is the longest matching prefix; `packages` are the only names from outside it may use. */
const rooms: readonly { folder: string; packages: readonly RegExp[]; folders: readonly string[] }[] = [
  { folder: 'shared/contracts/src', packages: [/^@sinclair\/typebox/], folders: ['shared/contracts/src'] },
  { folder: 'shared/ui/src', packages: [/^@novabrain\/contracts$/, /^lit/, /^uplot/], folders: ['shared/ui/src'] },
  { folder: 'scheduler/src', packages: [/^@novabrain\/contracts$/], folders: ['scheduler/src'] },
  { folder: 'server/src/core', packages: [/^@novabrain\/contracts$/], folders: ['server/src/core'] },
  {
    folder: 'server/src/runner',
    packages: [/^@novabrain\/contracts$/, /^node:/],
    folders: ['server/src/runner', 'server/assets'],
  },
  {
    folder: 'server/src/web/client',
    packages: [/^@novabrain\/(contracts|ui)$/, /^lit/],
    folders: ['server/src/web/client'],
  },
  {
    folder: 'server/src/scheduling',
    packages: [/^@novabrain\/(contracts|scheduler)$/, /^node:/, /^typeorm$/, /^pg$/],
    folders: ['server/src'],
  },
  {
    folder: 'server/src',
    packages: [
      /^@novabrain\/contracts$/,
      /^node:/,
      /^@?fastify/,
      /^@sinclair\/typebox/,
      /^typeorm$/,
      /^pg(-copy-streams)?$/,
      /^ws$/,
      /^pino$/,
      /^prom-client$/,
      /^@aws-sdk\/(client-s3|lib-storage|s3-request-presigner)$/,
      /^protobufjs$/,
      /^@opentelemetry\//,
      /^@modelcontextprotocol\/sdk\/(server\/|types\.js$)/,
    ],
    folders: ['server/src'],
  },
  {
    folder: 'server/src/modules/model-registry',
    packages: [/^@novabrain\/contracts$/, /^node:/, /^yaml$/],
    folders: ['server/src'],
  },
  {
    folder: 'server/src/modules/run-table',
    packages: [/^@novabrain\/contracts$/, /^node:/, /^hyparquet-writer$/],
    folders: ['server/src'],
  },
  {
    folder: 'extensions/vscode/src',
    packages: [/^@novabrain\/(contracts|ui)$/, /^node:/],
    folders: ['extensions/vscode/src'],
  },
  {
    folder: 'extensions/vscode/src/webview',
    packages: [/^@novabrain\/(contracts|ui)$/],
    folders: ['extensions/vscode/src/webview', 'extensions/vscode/src/bridge'],
  },
  {
    folder: 'extensions/vscode/src/host',
    packages: [/^vscode$/, /^@novabrain\/(contracts|ui)$/, /^node:/],
    folders: ['extensions/vscode/src'],
  },
  {
    folder: 'extensions/jupyterlab/src',
    packages: [/^@novabrain\/(contracts|ui)$/, /^@jupyterlab\//, /^@lumino\//, /^react$/],
    folders: ['extensions/jupyterlab/src'],
  },
]

const filesUnder = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))

/** What the pure rooms may import besides types: pure functions, each by name and with its reason. */
const pureRooms: readonly { folder: string; values: Readonly<Record<string, string>> }[] = [
  { folder: 'scheduler/src', values: {} },
  { folder: 'server/src/core', values: { normalizeName: 'one spelling of package names on both sides of the wire' } },
]

/** The names a file imports from the contracts that are more than types. */
const valuesFromContracts = (file: string): string[] => valuesIn(readFileSync(path.join(root, file), 'utf8'))

const valuesIn = (source: string): string[] =>
  [...source.matchAll(/(?:import|export)\s+(?!type\b)([^'";]*?)\s*from\s*['"]@novabrain\/contracts['"]/g)].flatMap(
    ([, names = '']) =>
      names
        .replace(/[{}]/g, '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !name.startsWith('type ')),
  )

const importsOf = (file: string): string[] => {
  const source = readFileSync(path.join(root, file), 'utf8')
  const found = source.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\{[^}]*\}[^'"\n;]*?)?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
  )
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

const roomOf = (file: string) =>
  rooms.filter(({ folder }) => file.startsWith(`${folder}/`)).sort((a, b) => b.folder.length - a.folder.length)[0]

const faultsOf = (file: string): string[] => {
  const room = roomOf(file)
  if (room === undefined) return [`${file} stands in no room`]
  return importsOf(file).flatMap((name) => {
    if (!name.startsWith('.'))
      return room.packages.some((allowed) => allowed.test(name)) ? [] : [`${file} imports ${name}`]
    const target = path.posix.join(path.posix.dirname(file), name)
    return room.folders.some((folder) => target.startsWith(folder)) ? [] : [`${file} imports ${name}`]
  })
}

const tops = [
  'shared/contracts/src',
  'shared/ui/src',
  'scheduler/src',
  'server/src',
  'extensions/jupyterlab/src',
  'extensions/vscode/src',
]

test.each(tops)('%s imports only what its room allows', (top) => {
  const files = filesUnder(top)
  expect(files.length).toBeGreaterThan(0)
  expect(files.flatMap(faultsOf)).toEqual([])
})

test('a forbidden import would be seen', () => {
  expect(importsOf('test/house/imports.test.ts')).toEqual(['node:fs', 'node:path'])
  expect(roomOf('server/src/core/traffic.ts')?.folder).toBe('server/src/core')
  expect(roomOf('server/src/core/traffic.ts')?.packages.some((allowed) => allowed.test('pg'))).toBe(false)
})

test.each(pureRooms)('$folder imports only types of the contracts', ({ folder, values }) => {
  const faults = filesUnder(folder).flatMap((file) =>
    valuesFromContracts(file)
      .filter((name) => !Object.hasOwn(values, name))
      .map((name) => `${file} imports the value ${name}`),
  )
  expect(faults).toEqual([])
})

test('a value among types would be seen', () => {
  expect(valuesIn(`import {\n  fail,\n  type Job,\n} from '@novabrain/contracts'`)).toEqual(['fail'])
  expect(valuesIn(`import type { Job } from '@novabrain/contracts'`)).toEqual([])
  expect(valuesIn(`import * as all from '@novabrain/contracts'`)).toEqual(['* as all'])
})

test('shared/ui never fetches: its host does', () => {
  const fetches = /\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\s*\(/
  const faults = filesUnder('shared/ui/src').filter((file) => fetches.test(readFileSync(path.join(root, file), 'utf8')))
  expect(faults).toEqual([])
})

test('nobody outside a module imports its repository', () => {
  const faults = filesUnder('server/src').flatMap((file) =>
    importsOf(file)
      .filter((name) => /modules\/[^/]+\/repository\.js$/.test(path.posix.join(path.posix.dirname(file), name)))
      .filter(
        (name) => path.posix.dirname(path.posix.join(path.posix.dirname(file), name)) !== path.posix.dirname(file),
      )
      .map((name) => `${file} imports ${name}`),
  )
  expect(faults).toEqual([])
})

test('the core of the scheduler knows nothing of its simulator', () => {
  const core = filesUnder('scheduler/src').filter((file) => !file.startsWith('scheduler/src/simulator/'))
  expect(core.length).toBeGreaterThan(40)
  expect(core.filter((file) => importsOf(file).some((name) => name.includes('simulator/')))).toEqual([])
})
