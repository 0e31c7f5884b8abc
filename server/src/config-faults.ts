import type { Locale } from '@novabrain/contracts'

/** Where a value stands: a variable or an option, or a property of the file. */
export type Source = string | { readonly property: string; readonly file: string }

/** What a value must be. */
export type Wanted =
  | { readonly kind: 'one_of'; readonly choices: readonly string[] }
  | { readonly kind: 'integer'; readonly minimum: number | null; readonly maximum: number | null }
  | { readonly kind: 'list' }
  | { readonly kind: 'text'; readonly pattern: string | null }

/** One thing that is wrong with a configuration. */
export type ConfigFault =
  | {
      readonly kind: 'unreadable' | 'not_json'
      readonly file: string
      readonly detail: string
      readonly source?: never
    }
  | { readonly kind: 'not_an_object'; readonly file: string }
  | { readonly kind: 'unknown'; readonly source: Source; readonly meant: string | null }
  | { readonly kind: 'invalid'; readonly source: Source; readonly value: unknown; readonly wanted: Wanted }

/** Every fault of a configuration, a line each. */
export const allFaults = (faults: readonly ConfigFault[], locale: Locale): string =>
  [texts[locale].heading, ...faults.map((fault) => `  - ${faultText(fault, locale)}`)].join('\n')

/** A fault as a sentence. */
export const faultText = (fault: ConfigFault, locale: Locale): string => {
  const words = texts[locale]
  switch (fault.kind) {
    case 'unreadable':
      return words.unreadable(fault.file, fault.detail)
    case 'not_json':
      return words.notJson(fault.file, fault.detail)
    case 'not_an_object':
      return words.notAnObject(fault.file)
    case 'unknown':
      return words.unknown(sourceText(fault.source, locale)) + (fault.meant === null ? '' : words.meant(fault.meant))
    case 'invalid':
      return words.invalid(
        sourceText(fault.source, locale),
        show(fault.value, locale),
        wantedText(fault.wanted, locale),
      )
  }
}

const sourceText = (source: Source, locale: Locale): string =>
  typeof source === 'string' ? source : texts[locale].inFile(source.property, source.file)

/** A value for a fault; the password of an address is nobody's business. */
const show = (value: unknown, locale: Locale): string =>
  value === undefined ? texts[locale].missing : JSON.stringify(value).replace(/:\/\/([^:@/]*):.*@/, '://$1:…@')

const wantedText = (wanted: Wanted, locale: Locale): string => {
  const words = texts[locale]
  switch (wanted.kind) {
    case 'one_of':
      return words.oneOf(wanted.choices)
    case 'integer':
      return words.integer(wanted.minimum, wanted.maximum)
    case 'list':
      return words.list
    case 'text':
      return wanted.pattern === null ? words.text : (forms[wanted.pattern]?.[locale] ?? words.form(wanted.pattern))
  }
}

const en = {
  heading: 'The configuration cannot be used:',
  unreadable: (file: string, detail: string) => `${file} cannot be read: ${detail}`,
  notJson: (file: string, detail: string) => `${file} is not JSON: ${detail}`,
  notAnObject: (file: string) => `${file} must hold a JSON object`,
  unknown: (source: string) => `${source} is not known`,
  meant: (name: string) => `; is \`${name}\` meant?`,
  invalid: (source: string, value: string, wanted: string) => `${source} is ${value}, but must be ${wanted}`,
  inFile: (property: string, file: string) => `\`${property}\` in ${file}`,
  missing: 'missing',
  oneOf: (choices: readonly string[]) => `one of ${choices.join(', ')}`,
  integer: (minimum: number | null, maximum: number | null) =>
    `a whole number${minimum === null ? '' : ` from ${String(minimum)}`}${maximum === null ? '' : ` to ${String(maximum)}`}`,
  list: 'a list',
  text: 'text',
  form: (pattern: string) => `text of the form ${pattern}`,
}

const zh: typeof en = {
  heading: '配置无法使用：',
  unreadable: (file, detail) => `无法读取 ${file}：${detail}`,
  notJson: (file, detail) => `${file} 不是 JSON：${detail}`,
  notAnObject: (file) => `${file} 的内容必须是 JSON 对象`,
  unknown: (source) => `${source} 不是已知的设置`,
  meant: (name) => `；是否想写 \`${name}\`？`,
  invalid: (source, value, wanted) => `${source} 的值为 ${value}，但应为${wanted}`,
  inFile: (property, file) => `${file} 中的 \`${property}\``,
  missing: '空',
  oneOf: (choices) => `以下之一：${choices.join('、')}`,
  integer: (minimum, maximum) =>
    minimum !== null && maximum !== null
      ? ` ${String(minimum)} 到 ${String(maximum)} 之间的整数`
      : minimum === null
        ? '整数'
        : `不小于 ${String(minimum)} 的整数`,
  list: '列表',
  text: '文本',
  form: (pattern) => `符合 ${pattern} 的文本`,
}

const texts: Readonly<Record<Locale, typeof en>> = { en, 'zh-CN': zh }

const forms: Readonly<Record<string, Readonly<Record<Locale, string>>>> = {
  '^https?://[^/]+.*[^/]$': {
    en: 'an address such as https://novabrain.example.com, with no slash at its end',
    'zh-CN': '末尾不带斜杠的地址，例如 https://novabrain.example.com',
  },
  '^https?://[^/]+$': {
    en: 'a list of origins such as https://pages.example.com',
    'zh-CN': '来源列表，例如 https://pages.example.com',
  },
  '^postgres(ql)?://': {
    en: 'an address such as postgresql://user:password@host:5432/database',
    'zh-CN': '数据库地址，例如 postgresql://user:password@host:5432/database',
  },
  '^(auto|none|\\d{1,3}x\\d{1,4}GiB)$': {
    en: '`auto`, `none`, or simulated devices such as `4x24GiB`',
    'zh-CN': ' `auto`、`none`，或模拟设备，例如 `4x24GiB`',
  },
}
