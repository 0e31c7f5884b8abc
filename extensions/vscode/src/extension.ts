import { register, type Context } from './host/register.js'

/** Called by VS Code when somebody first uses NovaBrain. Everything heavy is loaded when it is needed. */
export const activate = (context: Context): void =>
  register(context, async () => (await import('./core-node.js')).createNodeCore(context))
