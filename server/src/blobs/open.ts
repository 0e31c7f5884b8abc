import { join } from 'node:path'
import type { Config } from '../config.js'
import { createFolderBlobStore } from './folder-store.js'
import type { Announce, BlobStore } from './store.js'

/** The store that the configuration names. */
export const openBlobStore = (config: Config, announce?: Announce): BlobStore =>
  createFolderBlobStore(join(config.home, 'blobs'), announce)
