import { fail } from '@novabrain/contracts'
import { isSafePath } from '../../core/tracking/artifact-path.js'
import { versionIdOf } from '../model-registry/version-files.js'
import { sendArtifact } from '../artifacts/routes.js'
import type { Endpoint, TrackingServices } from './endpoint.js'
import { versionOf } from './model-registry.js'
import { invalid, optionalText, requiredText, runIdOf, type Fields } from './fields.js'

/** An endpoint at an address of its own. */
export type Download = Endpoint & { readonly at: 'top' | 'api' }

const safe = (path: string): string => (isSafePath(path) ? path : fail('artifact_path_invalid', { path }))

const pathOf = (fields: Fields): string => safe(requiredText(fields, 'path'))

/** Single files by the addresses that pages of MLflow and links in reports use; always as an attachment. */
export const downloadEndpoints = ({
  artifacts,
  runs,
  loggedModels,
  modelRegistry,
}: TrackingServices): readonly Download[] => [
  {
    at: 'top',
    method: 'GET',
    path: '/get-artifact',
    access: 'read',
    async handle({ scope, fields, reply }) {
      const path = pathOf(fields)
      const { run } = await runs.get(scope, runIdOf(fields))
      return sendArtifact(reply, path, await artifacts.open(scope, { kind: 'run', id: run.id }, path))
    },
  },
  {
    at: 'top',
    method: 'GET',
    path: '/model-versions/get-artifact',
    access: 'read',
    async handle({ scope, fields, reply }) {
      const path = pathOf(fields)
      const { record } = await modelRegistry.getVersion(scope, requiredText(fields, 'name'), versionOf(fields))
      const owner = { kind: 'version', id: versionIdOf(record) } as const
      return sendArtifact(reply, path, await artifacts.open(scope, owner, path))
    },
  },
  {
    at: 'api',
    method: 'GET',
    path: '/logged-models/:modelId/artifacts/files',
    access: 'read',
    async handle({ scope, fields, params, reply }) {
      const said = optionalText(fields, 'artifact_file_path')
      const path = safe(said ?? invalid('Request must include the "artifact_file_path" query parameter.'))
      const { model } = await loggedModels.get(scope, params['modelId'] ?? '')
      return sendArtifact(reply, path, await artifacts.open(scope, { kind: 'logged_model', id: model.id }, path))
    },
  },
]
