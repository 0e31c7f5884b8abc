import {
  activeJobs,
  countJobs,
  createClient,
  createJobFeed,
  createStream,
  NovaBrainError,
  type Client,
  type Job,
  type JobFeed,
  type ResponseOf,
  type Role,
  type Routes,
  type Stream,
} from '@novabrain/contracts'
import type { Host } from '@novabrain/ui'
import { createLabHost, type LabSurroundings } from '../host/lab-host.js'
import type { Transport } from '../host/transport.js'
import type { Settings } from '../tokens.js'

type Me = ResponseOf<Routes['getMe']>

/** Everything that needs a signed-in member. It is disposed when the member signs out. */
export interface Live {
  readonly me: Me
  readonly projectId: string
  readonly projectName: string
  readonly client: Client
  readonly stream: Stream
  /** The jobs of the project, kept true by events. */
  readonly jobs: LiveJobs
  /** What the elements are given. */
  readonly host: Host
  dispose(): void
}

/** The feed of jobs with the two questions that the frame of the page asks, so that it need not load the contracts. */
export type LiveJobs = JobFeed & {
  counts(): { readonly queued: number; readonly running: number }
  active(): readonly Job[]
}

/** Where the live socket of the server is. */
export const socketPath = 'v1/stream'

/** Whether an error says that one must sign in, rather than that the server is away. */
export const isRefusal = (error: unknown): boolean => error instanceof NovaBrainError && error.status === 401

/** Ask who we are, choose the project, and begin to listen. Throws what the client throws. */
export const openLive = async (
  transport: Transport,
  surroundings: LabSurroundings & { readonly settings: Settings },
): Promise<Live> => {
  const client = createClient({
    baseUrl: transport.baseUrl,
    fetch: transport.fetch,
    headers: () => ({ ...transport.headers(), 'accept-language': surroundings.translator.languageCode }),
  })
  const me = await client.getMe()
  const { project, role } = chooseProject(me, surroundings.settings.project)
  const stream = createStream({
    projectId: project.id,
    connect: () => transport.openSocket(socketPath),
    token: () => transport.token(),
    timers: browserTimers,
  })
  const feed = createJobFeed({ client, projectId: project.id, events: stream })
  const jobs: LiveJobs = Object.defineProperties(
    { ...feed, counts: () => countJobs(feed.state.view), active: () => activeJobs(feed.state.view) },
    { state: { get: () => feed.state } },
  )
  const may = me.member.tenantOwner ? 'owner' : role
  const host = createLabHost({ client, stream, projectId: project.id, role: may, transport }, surroundings)
  return {
    me,
    projectId: project.id,
    projectName: project.name,
    client,
    stream,
    jobs,
    host,
    dispose() {
      jobs.dispose()
      stream.close()
    },
  }
}

const chooseProject = (me: Me, wanted: string): { project: Me['projects'][number]['project']; role: Role } => {
  const chosen = me.projects.find(({ project }) => project.name === wanted) ?? me.projects[0]
  if (chosen === undefined) throw new NovaBrainError('project_not_found')
  return chosen
}

const browserTimers = {
  now: () => Date.now(),
  after: (delayMs: number, callback: () => void) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
