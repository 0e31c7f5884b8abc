// Pages of docs/ whose tables a benchmark writes by itself, each between the marks of its part.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { root } from '../../../scripts/lib/places.mjs'
import { inChinese } from './chinese.mjs'

const mark = (name) => `<!-- measured: ${name} -->`
const endMark = '<!-- end -->'

/** A page with the tables of a part in their place; a page without the marks of the part stays as it is. */
const withTables = (page, name, tables) => {
  const begin = page.indexOf(mark(name))
  const end = page.indexOf(endMark, begin)
  if (begin < 0 || end < 0) return page
  return `${page.slice(0, begin)}${mark(name)}\n\n${tables}\n\n${page.slice(end)}`
}

/**
 * Put what a part measured into pages, as Prettier would have it, into Chinese ones in Chinese; a page that is not there is
 * passed over.
 */
export const writeIntoPages = async (pages, name, tables) => {
  for (const file of pages.map((page) => path.join(root, page)).filter((page) => existsSync(page))) {
    const told = file.endsWith('.zh-CN.md') ? inChinese(tables) : tables
    const page = withTables(readFileSync(file, 'utf8'), name, told)
    writeFileSync(file, await format(page, { ...(await resolveConfig(file)), filepath: file }))
  }
}
