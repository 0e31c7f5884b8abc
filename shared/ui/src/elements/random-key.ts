/** A key that is good for one wish. `randomUUID` is missing on plain http pages, `getRandomValues` is not. */
export const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
