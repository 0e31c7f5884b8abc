import { createCore } from './core.js'
import type { Context, Core } from './host/register.js'
import { nodePlatform } from './platform/node.js'

/** What is loaded when NovaBrain is first used in an extension host that is a Node process. */
export const createNodeCore = (context: Context): Core => createCore(context, nodePlatform)
