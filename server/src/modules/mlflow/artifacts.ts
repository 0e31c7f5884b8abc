import { Readable } from 'node:stream'
import type { ProjectScope } from '../../deps.js'
import { folderOf, sendArtifact } from '../artifacts/routes.js'
import type { ArtifactOwner, ArtifactsService } from '../artifacts/service.js'
import { addressOf } from './artifact-address.js'
import { uploadEndpoints } from './artifact-uploads.js'
import type { Endpoint, MlflowCall, TrackingServices } from './endpoint.js'
import { requiredText, runIdOf, text } from './fields.js'
import { listed } from './wire.js'

/** Artifacts as the tracking part of MLflow's REST API lists them. */
export const artifactEndpoints = ({ artifacts, runs }: TrackingServices): readonly Endpoint[] => [
  {
    method: 'GET',
    path: '/artifacts/list',
    access: 'read',
    async handle({ scope, fields }) {
      const { run } = await runs.get(scope, runIdOf(fields))
      return artifactList(artifacts, scope, { kind: 'run', id: run.id }, text(fields, 'path'), run.artifactUri)
    },
  },
]

/** MLflow's answer for a folder: paths from the top. */
export const artifactList = async (
  artifacts: ArtifactsService,
  scope: ProjectScope,
  owner: ArtifactOwner,
  path: string,
  rootUri: string,
) => {
  const found = await artifacts.list(scope, owner, folderOf(path))
  const files = found.map((file) => ({ path: file.path, is_dir: file.isDirectory, ...sizeOf(file) }))
  return { root_uri: rootUri, ...listed('files', files) }
}

const sizeOf = (file: { isDirectory: boolean; sizeBytes: number | null }) =>
  file.isDirectory || file.sizeBytes === null ? {} : { file_size: file.sizeBytes }

/** The artifact proxy, under `/mlflow-artifacts`: bytes in and out through the server. */
export const proxyEndpoints = ({ artifacts }: TrackingServices): readonly Endpoint[] => [
  {
    method: 'GET',
    path: '/artifacts/*',
    access: 'read',
    async handle(call) {
      const { owner, path, experimentId } = addressOf(call.params['*'] ?? '')
      await artifacts.checkOwner(call.scope, owner, 'read', experimentId)
      return sendArtifact(call.reply, path, await artifacts.open(call.scope, owner, path))
    },
  },
  {
    method: 'PUT',
    path: '/artifacts/*',
    access: 'write',
    async handle(call) {
      const { owner, path, experimentId } = addressOf(call.params['*'] ?? '')
      await artifacts.checkOwner(call.scope, owner, 'write', experimentId)
      await artifacts.put(call.scope, owner, path, (call.request.body as Readable | undefined) ?? Readable.from([]))
    },
  },
  {
    method: 'DELETE',
    path: '/artifacts/*',
    access: 'write',
    async handle(call) {
      const { owner, path, experimentId } = addressOf(call.params['*'] ?? '')
      await artifacts.checkOwner(call.scope, owner, 'write', experimentId)
      await artifacts.delete(call.scope, owner, path)
    },
  },
  { method: 'GET', path: '/artifacts', access: 'read', handle: (call) => listFolder(artifacts, call) },
  ...uploadEndpoints(artifacts),
]

/** The proxy lists basenames, where `artifacts/list` lists paths. */
const listFolder = async (artifacts: ArtifactsService, { scope, fields }: MlflowCall) => {
  const { owner, path, experimentId } = addressOf(requiredText(fields, 'path'))
  await artifacts.checkOwner(scope, owner, 'read', experimentId)
  const found = await artifacts.list(scope, owner, path)
  const files = found.map((file) => ({
    path: file.path.slice(file.path.lastIndexOf('/') + 1),
    is_dir: file.isDirectory,
    ...sizeOf(file),
  }))
  return listed('files', files)
}
