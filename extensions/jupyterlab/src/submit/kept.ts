import type { KeptStore, KeptSubmission } from '@novabrain/contracts'

/** A store in the browser's database, one for each Jupyter server (`baseUrl`), for users of a Hub share an origin. */
export const browserStore = (baseUrl: string): KeptStore => {
  const open = () =>
    new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(`novabrain:${baseUrl}`, 1)
      request.onupgradeneeded = () => request.result.createObjectStore('submissions', { keyPath: 'key' })
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error('The browser keeps nothing'))
    })
  const within = async <T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const database = await open()
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction('submissions', mode)
        const request = act(transaction.objectStore('submissions'))
        transaction.oncomplete = () => resolve(request.result)
        transaction.onerror = () => reject(transaction.error ?? new Error('The browser keeps nothing'))
      })
    } finally {
      database.close()
    }
  }
  return {
    put: async (kept) => void (await within('readwrite', (store) => store.put(kept))),
    all: () => within('readonly', (store) => store.getAll() as IDBRequest<KeptSubmission[]>),
    remove: async (key) => void (await within('readwrite', (store) => store.delete(key))),
  }
}
