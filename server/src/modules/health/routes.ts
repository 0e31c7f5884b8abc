import { fail, routes } from '@novabrain/contracts'
import type { Background, Check } from '../../background.js'
import type { Mount } from '../../http/mount.js'
import type { Deps } from '../../deps.js'
import { systemScope } from '../../deps.js'
import { serverVersion } from '../../version.js'

/** Alive: the process answers. Ready: the database and everything that works in the background do too. */
export const mountHealth = (
  mount: Mount,
  { database, background }: Pick<Deps, 'database'> & { background: readonly Background[] },
) => {
  mount(routes.live, () => Promise.resolve({ status: 'ok' as const }))

  mount(routes.ready, async () => {
    const named = await Promise.all([
      checked('database', () => ask(database)),
      ...background.map(({ name, check }) => checked(name, check ?? (() => Promise.resolve(fine)))),
    ])
    const bad = named.filter(([, { ok }]) => !ok)
    if (bad.length > 0)
      return fail('not_ready', {
        detail: bad.map(([name, { detail }]) => `${name}: ${detail ?? 'not at work'}`).join('; '),
      })
    return { status: 'ok' as const, checks: Object.fromEntries(named), serverVersion }
  })
}

const fine: Check = { ok: true, detail: null }

const ask = async (database: Deps['database']): Promise<Check> => {
  await database.transaction(systemScope, (tx) => tx.query('SELECT 1'))
  return fine
}

const checked = async (name: string, check: () => Promise<Check>): Promise<readonly [string, Check]> => {
  try {
    return [name, await check()]
  } catch (error) {
    return [name, { ok: false, detail: (error as Error).message }]
  }
}
