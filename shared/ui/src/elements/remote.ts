import type { ReactiveControllerHost } from 'lit'

/**
 * Something read from the server, with what is known of it. A newer reading wins over an older one; asking again while
 * one is under way reads once more after it, not many times. A failed reading keeps the value known before.
 */
export class Remote<T> {
  value: T | null = null
  error: unknown = null
  loading = false
  #generation = 0
  #again = false

  constructor(private readonly element: Pick<ReactiveControllerHost, 'requestUpdate'>) {}

  /** Forget everything, for another subject; a reading under way is ignored. */
  reset(): void {
    this.#generation += 1
    this.value = null
    this.error = null
    this.loading = false
    this.#again = false
    this.element.requestUpdate()
  }

  /** Read; many requests while one is under way make one more. */
  async load(read: () => Promise<T>): Promise<void> {
    if (this.loading) {
      this.#again = true
      return
    }
    const generation = this.#generation
    this.loading = true
    this.element.requestUpdate()
    try {
      const value = await read()
      if (generation !== this.#generation) return
      this.value = value
      this.error = null
    } catch (error) {
      if (generation !== this.#generation) return
      this.error = error
    }
    this.loading = false
    this.element.requestUpdate()
    if (!this.#again) return
    this.#again = false
    await this.load(read)
  }
}
