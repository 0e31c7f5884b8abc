import type { Locale, Resources } from '@novabrain/contracts'

/** The memory a job is granted on each device, MiB; `null` when that depends on a device that is not chosen yet. */
export const grantedMib = (
  { gpuMilli, gpuMemoryMib }: Pick<Resources, 'gpuMilli' | 'gpuMemoryMib'>,
  deviceMemoryMib: number | null,
): number | null => {
  if (gpuMilli < 1000 && gpuMemoryMib > 0) return gpuMemoryMib
  return deviceMemoryMib === null ? null : Math.floor((deviceMemoryMib * gpuMilli) / 1000)
}

const gib = (mib: number): string => `${(mib / 1024).toFixed(1)} GiB`

const texts = {
  took: {
    en: 'Earlier runs of it took up to {peak} of GPU memory.',
    'zh-CN': '此前的同名运行最多占用 {peak} 显存。',
  },
  tooLittle: {
    en: 'Earlier runs of it took up to {peak} of GPU memory; {granted} will probably be too little.',
    'zh-CN': '此前的同名运行最多占用 {peak} 显存，{granted} 很可能不够。',
  },
} as const satisfies Record<string, Record<Locale, string>>

/** One sentence on what jobs of the same name took, beside what this one would be granted. */
export const gpuMemoryText = (peakMib: number, granted: number | null, locale: Locale): string => {
  const text = granted !== null && granted < peakMib ? texts.tooLittle : texts.took
  const values: Readonly<Record<string, number>> = { peak: peakMib, granted: granted ?? 0 }
  return text[locale].replace(/\{(\w+)\}/g, (_, name: string) => gib(values[name] ?? 0))
}

/** With how much GPU memory a job is let in, and what that rests on. */
export type MemoryFacts =
  /** Alone: no job like it has run. */
  | { readonly kind: 'unknown' }
  /** Alone: like jobs take more than may be shared. */
  | { readonly kind: 'large'; readonly peakMib: number; readonly runs: number }
  /** On a share with so much memory. */
  | { readonly kind: 'predicted'; readonly admittedMib: number; readonly peakMib: number; readonly runs: number }
  /** Alone, on devices with at least so much: it ran out of memory. */
  | { readonly kind: 'raised'; readonly admittedMib: number }

const admissionTexts: Readonly<Record<MemoryFacts['kind'], Readonly<Record<Locale, string>>>> = {
  unknown: {
    en: 'It runs alone on its GPU the first time: nobody knows yet how much memory it needs.',
    'zh-CN': '它首次运行时独占 GPU：尚不知道它需要多少显存。',
  },
  large: {
    en: 'It runs alone on its GPU: like jobs peaked at {peak} ({runs} known), too much to share.',
    'zh-CN': '它独占 GPU：同类作业的显存峰值为 {peak}（已知 {runs} 次），无法共享。',
  },
  predicted: {
    en: 'It is admitted with {admitted} of GPU memory: like jobs peaked at {peak} ({runs} known).',
    'zh-CN': '它按 {admitted} 显存分配：同类作业的峰值为 {peak}（已知 {runs} 次）。',
  },
  raised: {
    en: 'It ran out of GPU memory and runs alone, on a GPU with at least {admitted}.',
    'zh-CN': '它曾耗尽显存，现独占显存至少为 {admitted} 的 GPU。',
  },
}

/** One sentence on the memory a job is let in with. */
export const admissionText = (facts: MemoryFacts, locale: Locale): string => {
  const values: Readonly<Record<string, string>> = {
    admitted: 'admittedMib' in facts ? gib(facts.admittedMib) : '',
    peak: 'peakMib' in facts ? gib(facts.peakMib) : '',
    runs: 'runs' in facts ? String(facts.runs) : '',
  }
  return admissionTexts[facts.kind][locale].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

const isMemoryFacts = (value: unknown): value is MemoryFacts =>
  typeof value === 'object' && value !== null && 'kind' in value && Object.hasOwn(admissionTexts, String(value.kind))

/** The same from the facts that were kept with a hold; empty where they say nothing of memory. */
export const keptAdmissionText = (facts: Readonly<Record<string, unknown>>, locale: Locale): string => {
  const kept = facts['admission']
  return isMemoryFacts(kept) ? admissionText(kept, locale) : ''
}
