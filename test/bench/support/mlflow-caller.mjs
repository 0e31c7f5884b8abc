// Calls of MLflow's REST API, the same for us and for the peer.
import http from 'node:http'

/**
 * A caller for a server, given an agent. Connections of its own for each round: a server closes those that were idle while
 * the other had its turn. Addresses begin after `/api/2.0/mlflow`.
 */
export const callerOf =
  ({ url, token = null }) =>
  (agent) =>
  (method, address, body) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body)
      const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
      const headers = { ...authorization, 'content-type': 'application/json' }
      const request = http.request(`${url}/api/2.0/mlflow${address}`, { method, agent, headers }, (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode === 200) resolve(JSON.parse(text))
          else reject(new Error(`${method} ${address} ${response.statusCode}: ${text.slice(0, 300)}`))
        })
      })
      request.on('error', reject)
      request.end(payload)
    })
