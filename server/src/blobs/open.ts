import { join } from 'node:path'
import type { Config } from '../config.js'
import { createFolderBlobStore } from './folder-store.js'
import type { S3Settings } from './s3-client.js'
import { createS3BlobStore } from './s3-store.js'
import type { Announce, BlobStore } from './store.js'

/** The store that the configuration names: a bucket, or a folder of the data folder. */
export const openBlobStore = (config: Config, announce?: Announce): BlobStore => {
  const settings = s3SettingsOf(config)
  return settings === null
    ? createFolderBlobStore(join(config.home, 'blobs'), announce)
    : createS3BlobStore(settings, announce)
}

/** The bucket of a configuration, or `null` when it names none. */
export const s3SettingsOf = (config: Config): S3Settings | null => {
  const { s3Bucket, s3Endpoint, s3ClientEndpoint, s3AccessKeyId, s3SecretAccessKey } = config
  if (s3Bucket === undefined) return null
  return {
    bucket: s3Bucket,
    prefix: config.s3Prefix === '' ? '' : `${config.s3Prefix.replace(/\/+$/, '')}/`,
    region: config.s3Region,
    direct: config.s3Direct,
    ...(s3Endpoint === undefined ? {} : { endpoint: s3Endpoint }),
    ...(s3ClientEndpoint === undefined ? {} : { clientEndpoint: s3ClientEndpoint }),
    ...(s3AccessKeyId === undefined || s3SecretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey } }),
  }
}
