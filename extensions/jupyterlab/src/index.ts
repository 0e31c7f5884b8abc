import { commandsPlugin } from './plugins/commands.js'
import { deliveryPlugin } from './plugins/delivery.js'
import { environmentPlugin } from './plugins/environment.js'
import { modelPagesPlugin } from './plugins/models.js'
import { queuePagePlugin } from './plugins/queue.js'
import { notificationsPlugin } from './plugins/notifications.js'
import { launcherPlugin, runningPlugin } from './plugins/running.js'
import { panelPlugin, runPagesPlugin } from './plugins/runs.js'
import { sessionPlugin } from './plugins/session.js'
import { settingsPlugin } from './plugins/settings.js'
import { statusPlugin } from './plugins/status.js'
import { tablePagesPlugin } from './plugins/tables.js'

/** What NovaBrain brings to JupyterLab. Each can be disabled by itself. */
export default [
  settingsPlugin,
  sessionPlugin,
  environmentPlugin,
  runPagesPlugin,
  modelPagesPlugin,
  queuePagePlugin,
  tablePagesPlugin,
  commandsPlugin,
  panelPlugin,
  statusPlugin,
  runningPlugin,
  launcherPlugin,
  notificationsPlugin,
  deliveryPlugin,
]
