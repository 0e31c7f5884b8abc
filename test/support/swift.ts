import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../server/src/config.js'

/** A real S3 store on this machine: OpenStack Swift, with a bucket of our own. */
export interface S3Server {
  /** What a server is told, to keep its bytes there. */
  readonly config: Partial<Config>
  readonly client: S3Client
  stop(): Promise<void>
}

const bucket = 'novabrain'
const credentials = { accessKeyId: 'test:tester', secretAccessKey: 'testing' }

/** Start it, or `null` where `npm test` could not install it; then the tests that need it say that they were skipped. */
export const startS3 = async (): Promise<S3Server | null> => {
  const venv = process.env['NOVABRAIN_TEST_SWIFT']
  if (venv === undefined) {
    if (process.env['CI'] === 'true') throw new Error('NOVABRAIN_TEST_SWIFT is not set')
    process.stderr.write('skipped: no OpenStack Swift; `npm test` brings it\n')
    return null
  }
  // Swift keeps what it knows of an object in extended attributes, which some temporary file systems lack.
  const folder = await mkdtemp(join(process.env['NOVABRAIN_TEST_SWIFT_FOLDER'] ?? tmpdir(), 'novabrain-swift-'))
  const program = join(__dirname, '../fixtures/swift/serve.py')
  const child = spawn(join(venv, 'bin', 'python'), [program, folder], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line]: Buffer[] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as Buffer[]
  const endpoint = String(line).trim()
  if (!endpoint.startsWith('http')) throw new Error(`Swift did not start: ${endpoint}`)
  const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return {
    client,
    config: {
      s3Bucket: bucket,
      s3Endpoint: endpoint,
      s3AccessKeyId: credentials.accessKeyId,
      s3SecretAccessKey: credentials.secretAccessKey,
    },
    async stop() {
      client.destroy()
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
