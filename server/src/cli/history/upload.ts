import http from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** What a server said to an upload. */
export interface UploadAnswer {
  readonly status: number
  readonly text: string
}

/** Send a stream as it is read. `fetch` would do, but that of Node 20 holds all of it in memory. */
export const upload = (
  address: string,
  {
    method,
    headers,
    body,
    signal,
  }: { method: string; headers: http.OutgoingHttpHeaders; body: Readable; signal: AbortSignal },
): Promise<UploadAnswer> =>
  new Promise((resolve, reject) => {
    const { request } = address.startsWith('https:') ? https : http
    const sent = request(address, { method, headers, signal }, (response) => {
      text(response).then((said) => resolve({ status: response.statusCode ?? 0, text: said }), reject)
    })
    const fail = (error: Error) => {
      reject(error)
      sent.destroy()
      body.destroy()
    }
    sent.on('error', fail)
    body.on('error', fail)
    body.pipe(sent)
  })
