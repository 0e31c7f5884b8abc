import type { Locale } from '@novabrain/contracts'

const minute = 60_000

const units = [
  { upToMs: 90_000, ms: 1000, en: ['second', 'seconds'], zh: '秒' },
  { upToMs: 90 * minute, ms: minute, en: ['minute', 'minutes'], zh: '分钟' },
  { upToMs: 36 * 60 * minute, ms: 60 * minute, en: ['hour', 'hours'], zh: '小时' },
  { upToMs: Number.POSITIVE_INFINITY, ms: 24 * 60 * minute, en: ['day', 'days'], zh: '天' },
] as const

/** A time as people say it: `40 seconds`, `2 hours`. */
export const aboutText = (ms: number, locale: Locale): string => {
  const unit = units.find(({ upToMs }) => ms < upToMs) ?? units[3]
  const count = Math.max(1, Math.round(ms / unit.ms))
  return locale === 'zh-CN' ? `${String(count)} ${unit.zh}` : `${String(count)} ${unit.en[count === 1 ? 0 : 1]}`
}

const text: Readonly<Record<Locale, string>> = {
  en: 'Judging by what ran before, it will run for about {time}.',
  'zh-CN': '根据以往的作业，预计运行约 {time}。',
}

/** One sentence on how long a job will probably run. */
export const expectedRunText = (ms: number, locale: Locale): string =>
  text[locale].replace('{time}', aboutText(ms, locale))
