/** A node that is called silent in the moment in which it is heard of. */
import { systemScope, type Tx } from '../../server/src/deps.js'
import { fakeClock } from '../support/clock.js'
import { startFakeStage, type FakeStage } from '../support/jobs.js'

const clock = fakeClock()
let stage: FakeStage

beforeAll(async () => {
  stage = await startFakeStage({ gpuCount: 1 }, { clock })
}, 60_000)
afterAll(() => stage.close())

interface Told {
  readonly state: string
  readonly version: number
}

const toldOf = async (tx: Tx): Promise<Told> => {
  const rows: Told[] = await tx.query('SELECT state, (SELECT version FROM cluster_version) AS version FROM nodes')
  const [told] = rows
  if (told === undefined) throw new Error('There is no node')
  return told
}
const inSystem = <T>(work: (tx: Tx) => Promise<T>) => stage.app.foundation.database.transaction(systemScope, work)

const waitsForLock = `SELECT count(*)::integer AS waiting FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`

test('what was heard of while it was called silent is told as a change, so that whoever remembers reads it again', async () => {
  await stage.execution.stop()
  const { nodes } = stage.app.services.jobModules
  const found = await stage.executor.discover()
  const calledSilent = await inSystem(async (tx) => {
    await tx.query("UPDATE nodes SET state = 'lost'")
    await tx.query('UPDATE cluster_version SET version = version + 1')
    const heard = nodes.register(found)
    for (;;) {
      const rows: { waiting: number }[] = await inSystem((other) => other.query(waitsForLock))
      if ((rows[0]?.waiting ?? 0) > 0) break
    }
    return { told: await toldOf(tx), heard }
  })
  await calledSilent.heard
  const told = await inSystem(toldOf)
  expect(told.state).toBe('ready')
  expect(told.version).toBeGreaterThan(calledSilent.told.version)
})

test('a node that was heard of is not called silent', async () => {
  const { nodes } = stage.app.services.jobModules
  await nodes.register(await stage.executor.discover())
  const before = await inSystem(toldOf)
  await nodes.markSilent(new Date(clock.nowMs() - 120_000).toISOString())
  expect(await inSystem(toldOf)).toEqual(before)
  clock.advance(121_000)
  await nodes.markSilent(new Date(clock.nowMs() - 120_000).toISOString())
  expect(await inSystem(toldOf)).toEqual({ state: 'lost', version: before.version + 1 })
})
