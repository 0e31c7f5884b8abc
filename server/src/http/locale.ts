import type { Locale } from '@novabrain/contracts'

/** The language of answers, by `Accept-Language`: the most wanted one that we have, else English. */
export const localeOf = (acceptLanguage: string | undefined): Locale => {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', quality] = part.trim().toLowerCase().split(';q=')
      return { tag, quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ tag, quality }) => /^(en|zh)\b/.test(tag) && quality > 0)
    .sort((a, b) => b.quality - a.quality)
  return wanted[0]?.tag.startsWith('zh') ? 'zh-CN' : 'en'
}
