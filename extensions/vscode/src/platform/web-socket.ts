import type { Socket } from '@novabrain/contracts'

/** Node's WebSocket takes headers in the place of protocols (WebSocketInit of undici). */
type HostWebSocket = new (url: string, init: { headers: Readonly<Record<string, string>> }) => WebSocket

/** A socket over the extension host's own WebSocket. */
export const openWebSocket = (url: string, headers: Readonly<Record<string, string>> = {}): Socket => {
  const plain = Object.keys(headers).length === 0
  const web = plain ? new WebSocket(url) : new (WebSocket as unknown as HostWebSocket)(url, { headers })
  const socket: Socket = {
    send: (text) => {
      if (web.readyState === WebSocket.OPEN) web.send(text)
    },
    close: () => web.close(),
    onopen: null,
    onmessage: null,
    onclose: null,
  }
  web.onopen = () => socket.onopen?.()
  web.onmessage = (event) => socket.onmessage?.(String(event.data))
  web.onclose = () => socket.onclose?.()
  return socket
}
