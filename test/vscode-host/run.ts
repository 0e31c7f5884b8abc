/** Tests of one file by their names. A test throws when something is wrong, as with `node:assert`. */
export type HostTests = Readonly<Record<string, () => Promise<void> | void>>

/** What became of one test. */
export interface HostResult {
  readonly suite: string
  readonly name: string
  readonly durationMs: number
  /** Message and stack; `null` when the test passed. */
  readonly error: string | null
}

/** Longer than anything here takes, shorter than the driver waits: what hangs is told by its name. */
const timeoutMs = 30_000

/** Run every test in order, in the extension host this is in, and send what became of them to the driver. */
export const runSuites = async (suites: Readonly<Record<string, HostTests>>): Promise<void> => {
  const results: HostResult[] = []
  for (const [suite, tests] of Object.entries(suites))
    for (const [name, test] of Object.entries(tests)) results.push(await resultOf(suite, name, test))
  const address = process.env['NOVABRAIN_HOST_TEST_REPORT']
  if (address === undefined) throw new Error('NOVABRAIN_HOST_TEST_REPORT says where the report goes')
  await fetch(address, { method: 'POST', body: JSON.stringify(results) })
}

const resultOf = async (suite: string, name: string, test: () => Promise<void> | void): Promise<HostResult> => {
  const startMs = Date.now()
  const error = await withinTime(test).then(
    () => null,
    (reason: unknown) => (reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)),
  )
  return { suite, name, durationMs: Date.now() - startMs, error }
}

const withinTime = async (test: () => Promise<void> | void): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${String(timeoutMs)} ms`)), timeoutMs)
  })
  const work = async () => test()
  await Promise.race([work(), late]).finally(() => clearTimeout(timer))
}
