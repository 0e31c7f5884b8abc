import type { App } from '../app.js'

/** A Jupyter server in the words of the Jupyter extension; to it, each project is one. */
export interface KernelServer {
  readonly id: string
  readonly label: string
}

/** How a Jupyter client reaches one. */
export interface KernelServerAddress {
  readonly url: string
  readonly token: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The projects whose kernels the reader may use, not only the chosen one: what is no longer listed is taken to be gone,
 * and its notebooks lose their kernels. So this throws when it cannot be known.
 */
export const kernelServers = async ({ session, editor }: App): Promise<KernelServer[]> => {
  if (session.state.kind === 'connecting') await session.live()
  const { state } = session
  if (state.kind === 'signed_in')
    return state.live.me.projects
      .filter(({ role }) => role !== 'viewer' || state.live.me.member.tenantOwner)
      .map(({ project }) => ({ id: project.id, label: `NovaBrain · ${project.name}` }))
  if (state.kind === 'signed_out' || state.kind === 'no_project') return []
  throw new Error(editor.t('{0} does not answer. It may be restarting, or the network is down.', session.serverUrl))
}

/** The header says the key once more, since one who is given headers sends no others; and the language of names. */
export const addressOf = async ({ session, editor }: App, { id }: KernelServer): Promise<KernelServerAddress> => {
  const token = (await session.token()) ?? ''
  return {
    url: `${session.serverUrl}/jupyter/${id}`,
    token,
    headers: { Authorization: `token ${token}`, 'Accept-Language': editor.locale },
  }
}
