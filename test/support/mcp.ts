import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

/** The official client of MCP, connected to a server of ours. */
export interface McpConnection {
  readonly client: Client
  /** The answer of a tool; one that says it is an error fails. */
  call<T = Record<string, unknown>>(tool: string, input?: Record<string, unknown>): Promise<T>
  /** The body of the error that a tool answers with; an answer that is none fails. */
  refusal(tool: string, input?: Record<string, unknown>): Promise<{ code: string; message: string; data: object }>
  close(): Promise<void>
}

/** Connect as any MCP client would: the address, and the API key as a header. */
export const connectMcp = async (
  serverUrl: string,
  token: string | null,
  headers: Record<string, string> = {},
): Promise<McpConnection> => {
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  const transport = new StreamableHTTPClientTransport(new URL(`${serverUrl}/mcp`), {
    requestInit: { headers: { ...authorization, ...headers } },
  })
  const client = new Client({ name: 'novabrain-test', version: '1.0.0' })
  await client.connect(transport as Parameters<Client['connect']>[0])
  const ask = async (name: string, input: Record<string, unknown> = {}) => {
    const answer = await client.callTool({ name, arguments: input })
    const [first] = answer.content as readonly { type: string; text?: string }[]
    const value = JSON.parse(first?.text ?? 'null') as unknown
    expect(answer.structuredContent).toEqual(value)
    return { value, isError: answer.isError === true }
  }
  return {
    client,
    async call<T>(tool: string, input?: Record<string, unknown>) {
      const { value, isError } = await ask(tool, input)
      if (isError) throw new Error(`${tool} was refused: ${JSON.stringify(value)}`)
      return value as T
    },
    async refusal(tool, input) {
      const { value, isError } = await ask(tool, input)
      if (!isError) throw new Error(`${tool} was not refused: ${JSON.stringify(value)}`)
      return value as { code: string; message: string; data: object }
    },
    close: () => client.close(),
  }
}
