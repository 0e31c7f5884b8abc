import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const measured = (page: string): string[] =>
  [...readFileSync(join(root, 'docs', page), 'utf8').matchAll(/<!-- measured: \w+ -->([\s\S]*?)<!-- end -->/g)].map(
    ([, tables]) => tables ?? '',
  )
const linesOf = (tables: readonly string[]): string[] => tables.flatMap((each) => each.split('\n')).filter(Boolean)
const isChinese = (text: string): boolean => /[\u4e00-\u9fff]/.test(text)
/** Two words one after the other: names of traces and policies have but one. */
const isProse = (text: string): boolean => /[a-z]{3,} [a-z]{2,}/.test(text.replace('Muri trace', 'Muri-'))

test('the Chinese page of the scheduler tells what was measured in Chinese', () => {
  const lines = linesOf(measured('scheduling.zh-CN.md'))
  const sentences = lines.filter((line) => !line.startsWith('|'))
  const cells = lines.filter((line) => line.startsWith('|')).flatMap((line) => line.split('|'))
  expect(sentences.length).toBeGreaterThan(20)
  expect(sentences.filter((line) => !isChinese(line))).toEqual([])
  expect(cells.filter((cell) => isProse(cell) && !isChinese(cell))).toEqual([])
})

test('both pages tell the same figures', () => {
  const figures = (page: string) =>
    linesOf(measured(page))
      .filter((line) => line.startsWith('|'))
      .map((line) => line.match(/\d[\d,.]*/g) ?? [])
  expect(figures('scheduling.zh-CN.md')).toEqual(figures('scheduling.md'))
})
