import type { Locale } from '@novabrain/contracts'
import { en } from './en.js'
import { zhCN } from './zh-CN.js'

type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> }

/** The shape of the texts: a translation that lacks one, or has one too many, does not compile. */
export type Strings = Texts<typeof en>

/** A text with a count in it. */
export interface Plural {
  readonly one: string
  readonly other: string
}

/** The texts of a language. */
export const stringsOf = (locale: Locale): Strings => (locale === 'zh-CN' ? zhCN : en)

/** A text with its values filled in. */
export const fill = (template: string, values: Readonly<Record<string, string | number>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))

/** The text that fits a count, with the count as `{n}`. */
export const counted = (plural: Plural, n: number, values: Readonly<Record<string, string | number>> = {}): string =>
  fill(n === 1 ? plural.one : plural.other, { n, ...values })
