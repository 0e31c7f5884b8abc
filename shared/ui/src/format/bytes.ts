const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** A size for people, in decimal units as file managers show it: `0 B`, `812 B`, `1.2 MB`. */
export const formatBytes = (sizeBytes: number): string => {
  const power = sizeBytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(sizeBytes) / 3))
  const scaled = sizeBytes / 1000 ** power
  const rounded = power === 0 || scaled >= 99.95 ? Math.round(scaled) : Math.round(scaled * 10) / 10
  if (rounded >= 1000 && power < units.length - 1) return `1 ${units[power + 1]}`
  return `${rounded} ${units[power]}`
}

/** An amount of memory, given in MiB: `512 MiB`, `24 GiB`, `7.5 GiB`. */
export const formatMib = (mib: number): string => {
  if (mib < 1024) return `${Math.round(mib)} MiB`
  const gib = mib / 1024
  return `${gib >= 100 ? Math.round(gib) : Math.round(gib * 10) / 10} GiB`
}
