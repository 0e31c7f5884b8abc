import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const home = join(__dirname, '../../extensions/vscode')
const files = readdirSync(join(home, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

/** The one place where texts are handed on as they come. */
const passing = 'host/vscode-editor.ts'

interface Spoken {
  readonly file: string
  /** `null`: not a text that can be read from the source. */
  readonly text: string | null
  readonly values: number
}

/** Every call of `t(…)` or `….t(…)`. */
const spokenIn = (file: string, source: string): Spoken[] => {
  const found: Spoken[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isT(node.expression)) {
      const [first, ...values] = node.arguments
      for (const text of first === undefined ? [null] : textsOf(first))
        found.push({ file, text, values: values.length })
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true))
  return found
}

const isT = (callee: ts.Expression): boolean =>
  ts.isPropertyAccessExpression(callee) ? callee.name.text === 't' : ts.isIdentifier(callee) && callee.text === 't'

const textsOf = (given: ts.Expression): (string | null)[] => {
  if (ts.isConditionalExpression(given)) return [...textsOf(given.whenTrue), ...textsOf(given.whenFalse)]
  return [ts.isStringLiteralLike(given) ? given.text : null]
}

const placeholders = (text: string): string[] => [...new Set(text.match(/\{\d+\}/g))].sort()

const spoken = files
  .filter((file) => file !== passing)
  .flatMap((file) => spokenIn(file, readFileSync(join(home, 'src', file), 'utf8')))
const bundle = JSON.parse(readFileSync(join(home, 'l10n/bundle.l10n.zh-cn.json'), 'utf8')) as Record<string, string>

test('calls are found in the source, also those that choose between texts', () => {
  const source = `editor.t('a {0}', x); t(y ? 'b' : 'c'); other.to('d'); t(\`e\${z}\`)`
  expect(spokenIn('x.ts', source).map(({ text }) => text)).toEqual(['a {0}', 'b', 'c', null])
  expect(spoken.length).toBeGreaterThan(100)
})

test('every text is written out where it is said', () => {
  expect(spoken.filter(({ text }) => text === null).map(({ file }) => file)).toEqual([])
})

test('every text has its Chinese, and no Chinese is left over', () => {
  const said = new Set(spoken.flatMap(({ text }) => text ?? []))
  expect([...said].filter((text) => !(text in bundle))).toEqual([])
  expect(Object.keys(bundle).filter((text) => !said.has(text))).toEqual([])
})

test('the Chinese has the same values in it as the English', () => {
  const torn = Object.entries(bundle).filter(([en, zh]) => placeholders(en).join() !== placeholders(zh).join())
  expect(torn).toEqual([])
})

test('as many values are given as the text has places for', () => {
  const wrong = spoken.filter(({ text, values }) => text !== null && placeholders(text).length !== values)
  expect(wrong).toEqual([])
})

test('the Chinese is Chinese, names apart', () => {
  const names = ['GPU', 'CPU']
  const plain = Object.values(bundle).filter((zh) => !/[\u4e00-\u9fff]/.test(zh) && !names.includes(zh))
  expect(plain).toEqual([])
})
