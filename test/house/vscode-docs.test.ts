/** The two pages on VS Code say what the extension has: its settings, its commands, its tasks, and codes that exist. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { errorCatalogue } from '@novabrain/contracts'

const root = path.resolve(__dirname, '../..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

interface Setting {
  readonly default: unknown
  readonly enum?: readonly string[]
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly publisher: string
  readonly engines: { readonly vscode: string }
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[]
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> }
    readonly taskDefinitions: readonly {
      readonly type: string
      readonly required: readonly string[]
      readonly properties: object
    }[]
    readonly languageModelTools: readonly { readonly toolReferenceName: string }[]
  }
}

const manifest = JSON.parse(read('extensions/vscode/package.json')) as Manifest
const { commands, configuration, taskDefinitions, languageModelTools } = manifest.contributes

const pages = [
  { page: 'docs/vscode.md', heading: '## Settings', errors: 'errors.md', texts: 'package.nls.json' },
  { page: 'docs/vscode.zh-CN.md', heading: '## 设置', errors: 'errors.zh-CN.md', texts: 'package.nls.zh-cn.json' },
] as const

const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found)

/** What stands below a heading, up to the next one of its rank. */
const section = (text: string, heading: string): string => text.split(`\n${heading}\n`)[1]?.split('\n## ')[0] ?? ''

/** The rows of the table of settings, by the name in the first column. */
const settingRows = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^\| `(\S+)`(.*)$/gm)].map(([, name = '', rest = '']) => [name, rest]))

const faultsOfSettings = (text: string): string[] => {
  const rows = settingRows(text)
  const { properties } = configuration
  const unknown = [...rows.keys()].filter((name) => !Object.hasOwn(properties, name))
  const untold = Object.entries(properties).flatMap(([name, { default: value, enum: choices = [] }]) => {
    const row = rows.get(name)
    if (row === undefined) return [`${name} is missing`]
    const words = [...(value === '' ? [] : [String(value)]), ...choices]
    return words.filter((word) => !row.includes(`\`${word}\``)).map((word) => `${name} does not say ${word}`)
  })
  return [...unknown.map((name) => `${name} is no setting`), ...untold]
}

describe.each(pages)('$page', ({ page, heading, errors, texts }) => {
  const text = read(page)
  const nls = JSON.parse(read(`extensions/vscode/${texts}`)) as Readonly<Record<string, string>>

  test('has every setting of the manifest with its default and its choices, and no other', () => {
    expect(faultsOfSettings(section(text, heading))).toEqual([])
  })

  test('names no setting outside the table that does not exist', () => {
    const names = all(text, /`(novabrain\.\w+)`/g)
    expect(names.filter((name) => !Object.hasOwn(configuration.properties, name))).toEqual([])
  })

  test('names commands as the palette does', () => {
    const titles = commands.map(({ category, title }) => `${category}: ${nls[title.replaceAll('%', '')] ?? title}`)
    const named = all(text, /\*\*(NovaBrain: [^*]+)\*\*/g)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !titles.includes(name))).toEqual([])
  })

  test('links codes that exist, each to its own section', () => {
    const linked = [...text.matchAll(/\[`(\w+)`\]\(([\w.-]+)#(\w+)\)/g)]
    expect(linked.length).toBeGreaterThan(10)
    const wrong = linked.filter(
      ([, code = '', file, anchor]) => !Object.hasOwn(errorCatalogue, code) || file !== errors || anchor !== code,
    )
    expect(wrong.map(([whole]) => whole)).toEqual([])
    const described = new Set(all(read(`docs/${errors}`), /^## (\w+)$/gm))
    expect(linked.map(([, code = '']) => code).filter((code) => !described.has(code))).toEqual([])
  })

  test('links pages that exist', () => {
    const links = all(text, /\]\(([\w./-]+\.md)/g)
    expect(links.filter((link) => !existsSync(path.join(root, 'docs', link)))).toEqual([])
  })

  test('has a task that the extension would run', () => {
    const [example = ''] = all(text, /```json\n([\s\S]*?)```/g)
    const { tasks } = JSON.parse(example) as { tasks: Record<string, unknown>[] }
    const [definition] = taskDefinitions
    const [{ label, type, ...own } = {} as Record<string, unknown>] = tasks
    expect([label, type]).toEqual([expect.any(String), definition?.type])
    expect(Object.keys(definition?.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(own)))
    expect(Object.keys(own)).toEqual(expect.arrayContaining([...(definition?.required ?? [])]))
  })

  test('names the package, the oldest editor and the tools as the manifest does', () => {
    expect(text).toContain(`${manifest.name}-${manifest.version}.vsix`)
    expect(text).toContain(`vscode://${manifest.publisher}.${manifest.name}/sign-in?server=`)
    expect(text).toContain(`**VS Code** ${/\d+\.\d+/.exec(manifest.engines.vscode)?.[0] ?? ''} `)
    const tools = languageModelTools.map(({ toolReferenceName }) => toolReferenceName)
    expect(new Set(all(text, /`#(\w+)`/g))).toEqual(new Set(tools))
  })
})

test('both pages tell of the same codes', () => {
  const [english, chinese] = pages.map(({ page }) => all(read(page), /\[`(\w+)`\]\(/g))
  expect(chinese).toEqual(english)
})

test('a setting that is missing, unknown or half told would be seen', () => {
  const rows = Object.entries(configuration.properties).map(
    ([name, { default: value, enum: choices = [] }]) =>
      `| \`${name}\` | ${[String(value), ...choices].map((word) => `\`${word}\``).join(' ')} |`,
  )
  expect(faultsOfSettings(rows.join('\n'))).toEqual([])
  expect(faultsOfSettings(rows.slice(1).join('\n'))).toEqual(['novabrain.serverUrl is missing'])
  expect(faultsOfSettings([...rows, '| `novabrain.colour` | – |'].join('\n'))).toEqual([
    'novabrain.colour is no setting',
  ])
  const halfTold = rows.map((row) => row.replaceAll('`failures`', 'failures'))
  expect(faultsOfSettings(halfTold.join('\n'))).toEqual(['novabrain.notifications does not say failures'])
})
