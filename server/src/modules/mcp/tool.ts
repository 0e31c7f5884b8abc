import type { Locale, Role } from '@novabrain/contracts'
import type { Static, TObject } from '@sinclair/typebox'
import type { ProjectScope } from '../../deps.js'
import type { MemberIdentity } from '../../http/identity.js'
import type { McpServices } from './services.js'

/** Who calls a tool, and in which project they may do what the tool needs. */
export interface ToolCall<I> {
  readonly input: I
  readonly scope: ProjectScope
  readonly identity: MemberIdentity
  readonly locale: Locale
  readonly services: McpServices
}

/** One tool of MCP: what a model is told of it, what it takes, and the call of a service that it stands for. */
export interface Tool<S extends TObject = TObject> {
  readonly name: string
  /** What people see, in their language. */
  readonly title: Readonly<Record<Locale, string>>
  /** What the model reads to choose and fill it. */
  readonly description: string
  readonly input: S
  /** What the caller must be in the project; `null` for a tool of no project. */
  readonly role: Exclude<Role, 'owner'> | null
  readonly hints: { readonly readOnly: boolean; readonly destructive?: boolean }
  run(call: ToolCall<Static<S>>): Promise<object>
}

/** Declare a tool, keeping the types of its input. */
export const defineTool = <S extends TObject>(tool: Tool<S>): Tool => tool as unknown as Tool
