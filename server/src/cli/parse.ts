import { readGpus, type Resources } from '@novabrain/contracts'
import { UsageError } from './command.js'
import type { Texts } from './texts.js'

const sizeUnitsMib: Readonly<Record<string, number>> = { MiB: 1, GiB: 1024, TiB: 1_048_576, M: 1, G: 1024 }
const timeUnitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `16GiB` as MiB. */
export const parseSizeMib = (option: string, text: string, texts: Texts): number => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(MiB|GiB|TiB|M|G)$/.exec(text) ?? []
  const factor = sizeUnitsMib[unit]
  if (amount === undefined || factor === undefined) throw new UsageError(texts.badSize(option, text))
  return Math.round(Number(amount) * factor)
}

/** `2` as so many GPUs, `1-4` as any number of them from one to four. */
export const parseGpus = (text: string, texts: Texts): Pick<Resources, 'gpuCount' | 'maxGpuCount'> => {
  const asked = readGpus(text)
  if (asked === null) throw new UsageError(texts.badGpus(text))
  const { gpuCount, maxGpuCount } = asked
  return { gpuCount, ...(maxGpuCount === null ? {} : { maxGpuCount }) }
}

/** `90s`, `30m`, `2h` or `1d` as milliseconds. */
export const parseDurationMs = (option: string, text: string, texts: Texts): number => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(text) ?? []
  const factor = timeUnitsMs[unit]
  if (amount === undefined || factor === undefined) throw new UsageError(texts.badDuration(option, text))
  return Math.round(Number(amount) * factor)
}

/** `epochs=5` as a name and a value: JSON where it is JSON, else text. */
export const parseParameter = (text: string, texts: Texts): readonly [string, unknown] => {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(texts.badParameter(text))
  return [text.slice(0, at), valueOf(text.slice(at + 1))]
}

const valueOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
