import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { CodeSnapshotService } from './service.js'

export const mountCodeSnapshots = (mount: Mount, { codeSnapshots }: { codeSnapshots: CodeSnapshotService }) => {
  mount(routes.createCodeSnapshot, ({ scope, body }) => codeSnapshots.create(scope, body))
  mount(routes.getCodeSnapshot, ({ scope, params }) => codeSnapshots.get(scope, params.snapshotId))
}
