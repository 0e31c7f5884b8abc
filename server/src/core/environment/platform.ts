import type { EnvironmentCapture } from '@novabrain/contracts'

const machines: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64', x64: 'x86_64' }

const machineOf = (capture: EnvironmentCapture): string => {
  const machine = capture.machine.toLowerCase()
  return machines[machine] ?? machine
}

/** The platform of a pin: `linux-x86_64-gnu`, `linux-aarch64-musl`, `macos-aarch64`, `windows-x86_64`. */
export const platformName = (capture: EnvironmentCapture): string => {
  const machine = machineOf(capture)
  if (capture.system === 'Darwin') return `macos-${machine}`
  if (capture.system !== 'Linux') return `${capture.system.toLowerCase()}-${machine}`
  return `linux-${machine}-${capture.libc === 'musl' ? 'musl' : 'gnu'}`
}

/** The levels of glibc that uv knows as `manylinux_2_N`. */
const glibcLevels = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]

/** The captured platform in uv's words, or `null` for one it has no word for; then it takes its own machine's. */
export const uvPlatform = (capture: EnvironmentCapture): string | null => {
  const machine = machineOf(capture)
  if (machine !== 'x86_64' && machine !== 'aarch64') return null
  if (capture.system === 'Darwin') return `${machine}-apple-darwin`
  if (capture.system === 'Windows') return `${machine}-pc-windows-msvc`
  if (capture.system !== 'Linux') return null
  if (capture.libc === 'musl') return `${machine}-unknown-linux-musl`
  const minor = Number(/^glibc 2\.(\d+)/.exec(capture.libc ?? '')?.[1] ?? 17)
  const level = glibcLevels.findLast((known) => known <= minor) ?? 17
  return `${machine}-manylinux_2_${level}`
}
