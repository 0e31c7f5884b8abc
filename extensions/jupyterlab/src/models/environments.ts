import type { IStateDB } from '@jupyterlab/statedb'
import { Signal } from '@lumino/signaling'
import type { Distribution, EnvironmentState, RememberedPin } from '@novabrain/contracts'
import type { IEnvironments } from '../tokens.js'

/** What a kernel says of itself. */
export interface Asked {
  readonly captureDigest: string
  readonly pythonVersion: string
  readonly distributions: readonly Distribution[]
}

const key = 'novabrain:pins'
/** Notebooks remembered; the longest unused go first. */
const keep = 40

/** The memory of pins, kept with the layout of the page. `ask` gives `null` when no kernel can answer now. */
export const createEnvironments = (store: IStateDB, ask: (path: string) => Promise<Asked | null>): IEnvironments => {
  const pins = new Map<string, RememberedPin>()
  const states = new Map<string, EnvironmentState>()
  const environments: IEnvironments = {
    get changed() {
      return changed
    },
    stateOf: (path) => states.get(path) ?? { kind: 'unknown' },
    lastPin: (path) => pins.get(path) ?? null,
    pinned(path, pin) {
      pins.delete(path)
      pins.set(path, pin)
      for (const old of [...pins.keys()].slice(0, -keep)) pins.delete(old)
      void store.save(key, JSON.parse(JSON.stringify(Object.fromEntries(pins))))
      become(path, { kind: 'pinned', packageCount: Object.keys(pin.versions).length })
    },
    async check(path) {
      const asked = await ask(path)
      if (asked !== null) {
        const { driftOf } = await import('@novabrain/contracts')
        become(path, driftOf(pins.get(path) ?? null, asked))
      }
      return environments.stateOf(path)
    },
  }
  const changed = new Signal<IEnvironments, string>(environments)
  const become = (path: string, state: EnvironmentState) => {
    states.set(path, state)
    changed.emit(path)
  }
  void store.fetch(key).then((found) => {
    for (const [path, pin] of Object.entries((found ?? {}) as Record<string, unknown>))
      if (!pins.has(path)) pins.set(path, pin as RememberedPin)
  })
  return environments
}
