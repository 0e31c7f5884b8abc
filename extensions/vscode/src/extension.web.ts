import { createCore } from './core.js'
import { register, type Context } from './host/register.js'
import { webPlatform } from './platform/web.js'

/** The same where the extension host is a worker of a browser: runs are shown; running needs Python, which is not there. */
export const activate = (context: Context): void => register(context, async () => createCore(context, webPlatform))
