import { MlflowRefusal, type Json, type MlflowApi } from './api.js'
import type { BetweenServers } from './copy-datasets.js'
import { pages, records, text } from './pages.js'
import { textInOrder } from './python-json.js'

const path = '/api/2.0/mlflow/webhooks'

/**
 * Copy webhooks, switched off and without their secrets, which no server tells: who runs the other side looks at them,
 * gives each a secret, and switches it on. One that is there already, on or off, is left as it is. Where the source tells them to
 * administrators alone, and this is none, that is part of the outcome.
 */
export const copyWebhooks = async ({ from, to, outcome, signal, differ }: BetweenServers): Promise<void> => {
  const wanted = await allOf(from)
  if (wanted === null) {
    outcome.webhooks.withheld = true
    return
  }
  const known = new Set((await allOf(to))?.map(nameOf))
  for (const webhook of wanted) {
    signal.throwIfAborted()
    outcome.webhooks.source += 1
    const [id, name] = [text(webhook, 'webhook_id'), text(webhook, 'name')]
    try {
      if (!known.has(nameOf(webhook))) await to.create(path, copyOf(webhook))
      outcome.webhooks.here += 1
    } catch (error) {
      if (!(error instanceof MlflowRefusal)) throw error
      differ({ kind: 'webhook', id, name, faults: ['refused'], detail: error.detail })
    }
  }
}

const copyOf = (webhook: Json): Json => ({
  name: webhook['name'],
  url: webhook['url'],
  events: webhook['events'],
  ...(text(webhook, 'description') === '' ? {} : { description: webhook['description'] }),
  status: 'DISABLED',
})

const nameOf = (webhook: Json): string =>
  textInOrder([webhook['name'], webhook['url'], records(webhook, 'events').map(textInOrder).sort()])

const forbidden = 403

/** None where the server has no webhooks; `null` where it tells them only to others. */
const allOf = async (api: MlflowApi): Promise<Json[] | null> => {
  const found: Json[] = []
  try {
    const ask = (page: object) => api.get(path, { max_results: 100, ...page })
    for await (const items of pages(ask, (answer) => records(answer, 'webhooks'))) found.push(...items)
  } catch (error) {
    if (!(error instanceof MlflowRefusal)) throw error
    if (error.status === forbidden) return null
  }
  return found
}
