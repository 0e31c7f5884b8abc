import type { KnownHashes, LastChoice, RememberedPin } from '@novabrain/contracts'
import type { Memory } from '../editor.js'

/** Documents remembered; the longest unused go first. */
const keep = 40
const pinsKey = 'pins'
const choiceKey = 'choice'
const foldersKey = 'runFolders'

/** What is remembered from one submit to the next. Hashes of files live as long as the window. */
export interface SubmitMemory {
  pinOf(path: string): RememberedPin | null
  knownOf(path: string): KnownHashes
  remember(path: string, learned: { readonly pin: RememberedPin | null; readonly known?: KnownHashes }): void
  choice(): LastChoice | null
  keepChoice(choice: LastChoice): void
  /** The folder that a run was submitted from, as long as it is remembered. */
  folderOf(runId: string): string | null
  keepFolder(runId: string, folder: string): void
}

const hashes = new Map<string, KnownHashes>()

export const submitMemory = (memory: Memory): SubmitMemory => ({
  pinOf: (path) => memory.get<Record<string, RememberedPin>>('workspace', pinsKey)?.[path] ?? null,
  knownOf: (path) => hashes.get(path) ?? {},
  remember(path, { pin, known }) {
    if (known !== undefined) hashes.set(path, known)
    if (pin === null) return
    const others = Object.entries(memory.get<Record<string, RememberedPin>>('workspace', pinsKey) ?? {})
    const kept = others.filter(([each]) => each !== path).slice(1 - keep)
    void memory.set('workspace', pinsKey, Object.fromEntries([...kept, [path, pin]]))
  },
  choice: () => memory.get<LastChoice>('user', choiceKey),
  keepChoice: ({ resources }) => void memory.set('user', choiceKey, { resources }),
  folderOf: (runId) => memory.get<Record<string, string>>('workspace', foldersKey)?.[runId] ?? null,
  keepFolder(runId, folder) {
    const others = Object.entries(memory.get<Record<string, string>>('workspace', foldersKey) ?? {})
    void memory.set('workspace', foldersKey, Object.fromEntries([...others.slice(1 - keep), [runId, folder]]))
  },
})
