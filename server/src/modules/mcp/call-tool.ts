import { errorBody, fail, NovaBrainError, type Locale } from '@novabrain/contracts'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { ProjectScope } from '../../deps.js'
import type { MemberIdentity } from '../../http/identity.js'
import { projectScope } from '../../http/scope.js'
import type { McpServices } from './services.js'
import type { Tool } from './tool.js'

/** Who calls, as the request said. */
export interface McpCaller {
  readonly identity: MemberIdentity
  /** The project of calls that name none: a name or an id. */
  readonly project: string | undefined
  readonly locale: Locale
  readonly requestId: string
}

/** What every tool of a project takes beside its own input. */
export const ProjectInput = Type.Object({
  project: Type.Optional(
    Type.String({ maxLength: 63, description: 'The name or id of the project; needed if you are in more than one' }),
  ),
})

/** The whole input of a tool, as a model is told and as it is checked. */
export const inputOf = (tool: Tool) =>
  Type.Object(
    { ...tool.input.properties, ...(tool.role === null ? {} : ProjectInput.properties) },
    { additionalProperties: false },
  )

/** Run a tool for a caller. An error of the catalogue is told to the model, with its code; any other is ours, and thrown. */
export const callTool = async (
  tool: Tool,
  input: unknown,
  caller: McpCaller,
  services: McpServices,
): Promise<CallToolResult> => {
  try {
    const { project, ...own } = checked(tool, input)
    const scope = scopeOf(tool, project, caller)
    return told(await tool.run({ input: own, scope, identity: caller.identity, locale: caller.locale, services }))
  } catch (error) {
    if (!(error instanceof NovaBrainError) || error.status >= 500) throw error
    return { ...told(errorBody(error, caller.locale, caller.requestId)), isError: true }
  }
}

const told = (value: object): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(value) }],
  structuredContent: { ...value },
})

const checked = (tool: Tool, input: unknown): Record<string, unknown> & { project?: string } => {
  const schema = inputOf(tool)
  const value = input ?? {}
  const fault = Value.Errors(schema, value).First()
  if (fault === undefined) return value as Record<string, unknown>
  const field = fault.path.split('/').slice(1).join('.')
  return fail('invalid_request', { detail: `${field === '' ? 'arguments' : field}: ${fault.message}`, field })
}

const scopeOf = (tool: Tool, named: string | undefined, { identity, project }: McpCaller): ProjectScope => {
  const wanted = named ?? project
  if (tool.role === null) return noProject(identity)
  const found = identity.projects.filter(
    ({ project: { id, name } }) => wanted === undefined || id === wanted || name === wanted,
  )
  const [only] = found
  if (only === undefined) return fail('project_not_found')
  if (found.length > 1) return fail('project_required', { projects: found.map((each) => each.project.name).join(', ') })
  return projectScope(identity, only.project.id, tool.role)
}

/** For a tool of no project: a scope that no row has. */
const noProject = ({ tenant, member }: MemberIdentity): ProjectScope => ({
  kind: 'project',
  tenantId: tenant.id,
  projectId: '',
  role: 'viewer',
  memberId: member.id,
  memberName: member.name,
  attemptId: null,
})
