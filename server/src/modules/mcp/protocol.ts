import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js'
import type { Locale } from '@novabrain/contracts'
import { serverVersion } from '../../version.js'
import { callTool, inputOf, type McpCaller } from './call-tool.js'
import type { McpServices } from './services.js'
import type { Tool } from './tool.js'
import { jobTools } from './tools/jobs.js'
import { projectTools } from './tools/projects.js'
import { runTools } from './tools/runs.js'
import { submitTools } from './tools/submit.js'

/** Every tool; a new one is a line in its file. */
export const tools: readonly Tool[] = [...projectTools, ...runTools, ...jobTools, ...submitTools]

const instructions =
  'NovaBrain runs Python on GPUs and remembers every run. Read freely. To run something call plan_job, tell the user what it would use, and call submit_job with the confirmation once they agree.'

/**
 * Answer one HTTP request of MCP's streamable transport. Nothing is kept between requests: each has a server and a transport
 * of its own, and the answer is one JSON document, since no tool takes long.
 */
export const answerMcp = async (request: Request, body: unknown, caller: McpCaller, services: McpServices) => {
  const server = serverFor(caller, services)
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport)
  try {
    return await transport.handleRequest(request, { parsedBody: body })
  } finally {
    await server.close()
  }
}

/** A server of the protocol for one caller. Schemas are TypeBox's, as everywhere, so requests are handled one level below `registerTool`. */
const serverFor = (caller: McpCaller, services: McpServices): McpServer => {
  const info = { name: 'novabrain', title: 'NovaBrain', version: serverVersion }
  const mcp = new McpServer(info, { capabilities: { tools: {} }, instructions })
  mcp.server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map((tool) => told(tool, caller.locale)),
  }))
  mcp.server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
    const tool = tools.find(({ name }) => name === params.name)
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `There is no tool ${params.name}`)
    return callTool(tool, params.arguments, caller, services)
  })
  return mcp
}

const told = (tool: Tool, locale: Locale) => ({
  name: tool.name,
  title: tool.title[locale],
  description: tool.description,
  inputSchema: { ...inputOf(tool), type: 'object' as const },
  annotations: {
    title: tool.title[locale],
    readOnlyHint: tool.hints.readOnly,
    destructiveHint: tool.hints.destructive ?? false,
    openWorldHint: false,
  },
})
