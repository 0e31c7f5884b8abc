import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.js'

/** Keeps secrets of others that must be read again, sealed while they rest. Never for what a hash is enough for. */
export interface SecretBox {
  /** `owner` is what the secret belongs to: sealed for one, it opens for no other. */
  seal(secret: string, owner: string): Buffer
  /** The secret, or `null` when it was sealed with another key, for another owner, or is damaged. */
  open(sealed: Buffer, owner: string): string | null
}

const [keyBytes, ivBytes, tagBytes] = [32, 12, 16]
const cipher = 'aes-256-gcm'
/** The first byte says how the rest is to be read. */
const version = 1

/**
 * A box with the key of the configuration (`secretsKey`), or else with one of its own, made when it is first needed and kept in
 * `secrets.key` of the data folder, readable by the server's user alone. AES-256 in Galois/counter mode with a fresh nonce each time.
 */
export const createSecretBox = ({ home, secretsKey }: Pick<Config, 'home' | 'secretsKey'>): SecretBox => {
  let known: Buffer | null = secretsKey === undefined ? null : Buffer.from(secretsKey, 'base64')
  const key = (): Buffer => (known ??= keyInFolder(home))
  return {
    seal(secret, owner) {
      const iv = randomBytes(ivBytes)
      const sealing = createCipheriv(cipher, key(), iv).setAAD(Buffer.from(owner))
      const sealed = Buffer.concat([sealing.update(secret, 'utf8'), sealing.final()])
      return Buffer.concat([Buffer.from([version]), iv, sealing.getAuthTag(), sealed])
    },
    open(sealed, owner) {
      if (sealed[0] !== version || sealed.length < 1 + ivBytes + tagBytes) return null
      const iv = sealed.subarray(1, 1 + ivBytes)
      const tag = sealed.subarray(1 + ivBytes, 1 + ivBytes + tagBytes)
      try {
        const opening = createDecipheriv(cipher, key(), iv, { authTagLength: tagBytes })
        opening.setAAD(Buffer.from(owner)).setAuthTag(tag)
        const rest = sealed.subarray(1 + ivBytes + tagBytes)
        return Buffer.concat([opening.update(rest), opening.final()]).toString('utf8')
      } catch {
        return null
      }
    },
  }
}

/** A key that is there already is the key. */
const keyInFolder = (home: string): Buffer => {
  const file = join(home, 'secrets.key')
  try {
    writeFileSync(file, `${randomBytes(keyBytes).toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return Buffer.from(readFileSync(file, 'utf8'), 'base64')
}
