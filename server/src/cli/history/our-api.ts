import type { Session } from '../command.js'
import { createMlflowApi, type MlflowApi } from './api.js'

/** Our own server, by MLflow's REST API: what any client of MLflow reads. */
export const ourApi = async (session: Session, projectId: string, signal: AbortSignal): Promise<MlflowApi> => {
  const { projects } = await session.me()
  const name = projects.find(({ project }) => project.id === projectId)?.project.name ?? ''
  const headers = { authorization: `Bearer ${session.token}`, 'x-novabrain-project': name }
  return createMlflowApi({ url: session.url.replace(/\/$/, ''), headers, signal })
}
