import type { Locale, Resources } from '@novabrain/contracts'

/** The memory a job is granted on each device, MiB; `null` when that depends on a device that is not chosen yet. */
export const grantedMib = (
  { gpuMilli, gpuMemoryMib }: Pick<Resources, 'gpuMilli' | 'gpuMemoryMib'>,
  deviceMemoryMib: number | null,
): number | null => {
  if (gpuMilli < 1000 && gpuMemoryMib > 0) return gpuMemoryMib
  return deviceMemoryMib === null ? null : Math.floor((deviceMemoryMib * gpuMilli) / 1000)
}

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
  return text[locale].replace(/\{(\w+)\}/g, (_, name: string) => `${((values[name] ?? 0) / 1024).toFixed(1)} GiB`)
}
