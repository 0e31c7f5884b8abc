import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import Module from 'node:module'
import path from 'node:path'
import * as vscode from 'vscode'
import type { HostTests } from '../run.js'

/** The first suite: what holds before anybody has used NovaBrain. */

const ours = () => {
  const extension = vscode.extensions.getExtension<unknown>('novabrain.novabrain-vscode')
  assert.ok(extension, 'the extension is not installed')
  return extension
}

interface Loaded {
  readonly activate: (context: vscode.ExtensionContext) => void
}

/** Node's loader; its cache and its paths are no part of its types. */
const loader = Module as unknown as { _cache: Record<string, unknown>; createRequire(file: string): NodeJS.Require }

/** Processor time of this process, milliseconds: what others on the machine do meanwhile is not in it. */
const processorMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** What the entry costs as the editor loads it, from the disk and into no cache: reading, compiling, its registrations. */
const startOnce = (): number => {
  const { extensionPath, packageJSON } = ours()
  const entry = path.join(extensionPath, (packageJSON as { main: string }).main)
  const subscriptions: vscode.Disposable[] = []
  const context = { subscriptions, extension: { id: ours().id, packageJSON } } as unknown as vscode.ExtensionContext
  delete loader._cache[entry]
  const startMs = processorMs()
  const { activate } = loader.createRequire(entry)(entry) as Loaded
  activate(context)
  const tookMs = processorMs() - startMs
  for (const subscription of subscriptions.reverse()) subscription.dispose()
  delete loader._cache[entry]
  return tookMs
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

export const tests: HostTests = {
  'the extension is asleep until it is used': () => {
    assert.equal(ours().isActive, false)
  },

  'its own work at activation takes at most 20 ms of the processor, the median of nine': () => {
    const times = Array.from({ length: 9 }, startOnce)
    assert.ok(median(times) <= 20, `took ${times.map((ms) => ms.toFixed(1)).join(', ')} ms`)
    console.log(`activation: median ${median(times).toFixed(1)} ms of ${times.map((ms) => ms.toFixed(1)).join(', ')}`)
  },

  'nothing is asked of the server while the view is hidden and nobody asked; then it is': async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.authorization ?? ''}`)
      response.writeHead(503).end('{}')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    const settings = vscode.workspace.getConfiguration('novabrain')
    process.env['NOVABRAIN_TOKEN'] = 'nb_of_the_test'
    try {
      await settings.update('serverUrl', `http://127.0.0.1:${String(address.port)}`, vscode.ConfigurationTarget.Global)
      await ours().activate()
      assert.equal(ours().isActive, true)
      const [folder] = vscode.workspace.workspaceFolders ?? []
      assert.ok(folder, 'no folder is open')
      await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, 'train.py'))
      await vscode.commands.executeCommand('workbench.action.quickOpen', '')
      await vscode.commands.executeCommand('workbench.action.closeQuickOpen')
      await settings.update('notifications', 'failures', vscode.ConfigurationTarget.Global)
      assert.deepEqual(asked, [])
      const heard = once(server, 'request')
      await vscode.commands.executeCommand('novabrain.refresh')
      await heard
      assert.equal(asked[0], 'GET /v1/me Bearer nb_of_the_test')
    } finally {
      delete process.env['NOVABRAIN_TOKEN']
      await settings.update('serverUrl', undefined, vscode.ConfigurationTarget.Global)
      await settings.update('notifications', undefined, vscode.ConfigurationTarget.Global)
      server.closeAllConnections()
      server.close()
    }
  },
}
