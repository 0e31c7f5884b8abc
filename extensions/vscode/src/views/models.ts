import type { Model } from '@novabrain/contracts'
import { createFeed, type Feed } from './feed.js'

/** The tree shows those that changed last; the page has all. */
export const modelsInTree = 20

/** The registered models that changed last. */
export const createModelsFeed = (tell: () => void): Feed<readonly Model[]> =>
  createFeed({
    async read(live) {
      const query = { limit: modelsInTree }
      return (await live.client.listModels({ params: { projectId: live.projectId }, query })).items
    },
    concerns: (_, message) => message.type === 'event' && message.record.event.type === 'model_changed',
    tell,
  })
