import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const home = join(__dirname, '../../extensions/vscode')
const read = (file: string) => readFileSync(join(home, file), 'utf8')

interface Menu {
  readonly command: string
  readonly group: string
  readonly when?: string
}
interface Manifest {
  readonly activationEvents: readonly string[]
  readonly enabledApiProposals?: unknown
  readonly extensionDependencies?: unknown
  readonly extensionPack?: unknown
  readonly dependencies: Readonly<Record<string, string>>
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly supported: unknown; readonly restrictedConfigurations: readonly string[] }
  }
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string
      readonly title: string
      readonly icon?: string
    }[]
    readonly configuration: {
      readonly properties: Readonly<Record<string, { readonly scope: string; readonly order: number }>>
    }
    readonly viewsContainers: Readonly<Record<string, readonly unknown[]>>
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly when?: string }[]>>
    readonly viewsWelcome: readonly { readonly when: string }[]
    readonly menus: Readonly<Record<string, readonly Menu[]>>
    readonly keybindings: readonly { readonly command: string }[]
    readonly walkthroughs: readonly { readonly steps: readonly { readonly completionEvents: readonly string[] }[] }[]
    readonly languageModelTools: readonly { readonly name: string }[]
  }
}
const manifest = JSON.parse(read('package.json')) as Manifest
const { contributes } = manifest
const sources = readdirSync(join(home, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read(join('src', file)))
  .join('\n')

describe('the manifest keeps its budgets', () => {
  test('commands, settings, views and the walkthrough', () => {
    expect(contributes.commands.length).toBeLessThanOrEqual(20)
    expect(Object.keys(contributes.configuration.properties).length).toBeLessThanOrEqual(8)
    expect(Object.values(contributes.viewsContainers).flat()).toHaveLength(1)
    expect(Object.values(contributes.views).flat().length).toBeLessThanOrEqual(2)
    expect(contributes.walkthroughs.map(({ steps }) => steps.length)).toEqual([3])
  })

  test('one status item is made, in one place', () => {
    expect(sources.match(/createStatusBarItem\(/g)).toHaveLength(1)
  })

  test('no proposed API, no other extension, no telemetry', () => {
    expect(manifest.enabledApiProposals).toBeUndefined()
    expect(manifest.extensionDependencies).toBeUndefined()
    expect(manifest.extensionPack).toBeUndefined()
    expect(Object.keys(manifest.dependencies)).toEqual(['@novabrain/contracts', '@novabrain/ui'])
    expect(sources).not.toMatch(/telemetry/i)
  })

  test('each kind of page wakes it when it comes back with the window', () => {
    const kinds = new Set(
      [...read('src/host/panels.ts').matchAll(/^ {2}\w+: '(novabrain\.\w+)',$/gm)].map(([, kind]) => kind),
    )
    const [, listed = ''] = /\[([^\]]*)\]\.map\(\(viewType\)/.exec(read('src/host/register.ts')) ?? []
    const restored = [...listed.matchAll(/'([^']+)'/g)].map(([, kind]) => kind)
    expect(kinds.size).toBeGreaterThan(2)
    expect(restored.sort()).toEqual([...kinds].sort())
    const woken = manifest.activationEvents.flatMap((event) => /^onWebviewPanel:(.+)$/.exec(event)?.[1] ?? [])
    expect(woken.sort()).toEqual([...kinds].sort())
  })

  test('nothing wakes it before it is used', () => {
    const eager = manifest.activationEvents.filter((event) => event === '*' || event.startsWith('onStartup'))
    expect(eager).toEqual([])
    expect(manifest.activationEvents.filter((event) => event.startsWith('workspaceContains'))).toEqual([])
  })
})

describe('a workspace decides nothing that matters', () => {
  const { properties } = contributes.configuration

  test('what names the server, the project or the interpreter is not heard from an untrusted one', () => {
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces
    expect(supported).toBe('limited')
    const naming = Object.keys(properties).filter((name) => /url|server|project|python|interpreter|path/i.test(name))
    expect(naming).toEqual(expect.arrayContaining(['novabrain.serverUrl', 'novabrain.pythonPath']))
    expect(naming.filter((name) => !restrictedConfigurations.includes(name))).toEqual([])
    expect(restrictedConfigurations.filter((name) => !(name in properties))).toEqual([])
  })

  test('no workspace at all sets the address of the server', () => {
    expect(properties['novabrain.serverUrl']?.scope).toBe('machine')
  })
})

describe('commands', () => {
  const names = contributes.commands.map(({ command }) => command)
  const menus = Object.entries(contributes.menus).flatMap(([place, items]) => items.map((item) => ({ place, ...item })))

  test('each is ours, named once, and done by the core', () => {
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !/^novabrain\.[a-zA-Z]+$/.test(name))).toEqual([])
    const done = /\bcommands: \{([^]*?)\n {4}\},/.exec(read('src/core.ts'))?.[1] ?? ''
    const orphans = names.filter((name) => !new RegExp(`^ {6}${name.replace('novabrain.', '')}[:,]`, 'm').test(done))
    expect(orphans).toEqual([])
  })

  test('those drawn as buttons have an icon of the editor; an icon is a codicon', () => {
    const drawn = menus.filter(
      ({ place, group }) =>
        /^(inline|navigation)/.test(group) || place === 'editor/title/run' || place === 'notebook/toolbar',
    )
    const icons = new Map(contributes.commands.map(({ command, icon }) => [command, icon]))
    expect(drawn.length).toBeGreaterThan(3)
    expect(drawn.filter(({ command }) => icons.get(command) === undefined).map(({ command }) => command)).toEqual([])
    const given = [...icons.values()].filter((icon) => icon !== undefined)
    expect(given.filter((icon) => !/^\$\([a-z-]+\)$/.test(icon))).toEqual([])
  })

  test('menus, keys and the walkthrough name commands that exist', () => {
    const named = [
      ...menus.map(({ command }) => command),
      ...contributes.keybindings.map(({ command }) => command),
      ...contributes.walkthroughs.flatMap(({ steps }) =>
        steps.flatMap(({ completionEvents }) =>
          completionEvents.flatMap((event) => /^onCommand:(.+)$/.exec(event)?.[1] ?? []),
        ),
      ),
      ...[...read('package.nls.json').matchAll(/command:(novabrain\.\w+)/g)].map(([, name = '']) => name),
    ]
    const known = [
      ...names,
      ...Object.values(contributes.views)
        .flat()
        .map(({ id }) => `${id}.focus`),
    ]
    expect(named.filter((name) => !known.includes(name))).toEqual([])
  })
})

describe('when clauses', () => {
  const text = read('package.json')
  const clauses = [...text.matchAll(/"(?:when|enablement)": "([^"]*)"/g)].map(([, clause = '']) => clause)
  const viewIds = Object.values(contributes.views)
    .flat()
    .map(({ id }) => id)

  test('mention only contexts that the code sets', () => {
    const set = new Set([...sources.matchAll(/context\(\s*'(novabrain\.\w+)'/g)].map(([, name = '']) => name))
    const events = [...text.matchAll(/"onContext:(novabrain\.\w+)"/g)].map(([, name = '']) => name)
    const mentioned = clauses
      .flatMap((clause) => clause.match(/novabrain\.\w+/g) ?? [])
      .filter((name) => !viewIds.includes(name))
    expect(mentioned).toContain('novabrain.state')
    expect([...mentioned, ...events].filter((name) => !set.has(name))).toEqual([])
  })

  test('every page of the view is a state that the view can be in, and each bad state has its page', () => {
    const pages = new Set(
      contributes.viewsWelcome.flatMap(({ when }) => /novabrain\.state == (\w+)/.exec(when)?.[1] ?? []),
    )
    const bad = ['signed_out', 'unreachable', 'extension_old', 'server_old', 'no_project', 'failed']
    const without = ['empty', 'empty_no_gpu', 'no_python']
    expect([...pages].sort()).toEqual([...bad, ...without].sort())
  })
})

describe('texts of the manifest', () => {
  const used = new Set([...read('package.json').matchAll(/"%([\w.]+)%"/g)].map(([, key = '']) => key))
  const tables = { en: 'package.nls.json', 'zh-CN': 'package.nls.zh-cn.json' }

  test.each(Object.entries(tables))('in %s are those that are used, and none is empty', (_locale, file) => {
    const texts = JSON.parse(read(file)) as Record<string, string>
    expect(Object.keys(texts).sort()).toEqual([...used].sort())
    expect(Object.entries(texts).filter(([, text]) => text.trim() === '')).toEqual([])
  })

  test('the Chinese ones are Chinese, and lead to the same places', () => {
    const [en, zh] = [tables.en, tables['zh-CN']].map((file) => JSON.parse(read(file)) as Record<string, string>)
    const links = (text = '') => [...text.matchAll(/\]\(([^)]*)\)/g)].map(([, link]) => link)
    const plain = Object.entries(zh ?? {}).filter(([, text]) => !/[\u4e00-\u9fff]/.test(text))
    expect(plain).toEqual([])
    for (const [key, text] of Object.entries(en ?? {})) expect([key, links(zh?.[key])]).toEqual([key, links(text)])
  })
})

test('each tool of the manifest is made by the code, and no other', () => {
  const made = [...read('src/assistant/tools.ts').matchAll(/^ {2}(novabrain_\w+):/gm)].map(([, name]) => name)
  expect(contributes.languageModelTools.map(({ name }) => name).sort()).toEqual(made.sort())
})
