import assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { HostTests } from '../run.js'

const id = 'novabrain.novabrain-vscode'

interface Manifest {
  readonly version: string
  readonly contributes: { readonly commands: readonly { readonly command: string }[] }
}

const installed = () => {
  const extension = vscode.extensions.getExtension<unknown>(id)
  assert.ok(extension, `${id} is not installed`)
  return { extension, manifest: extension.packageJSON as Manifest }
}

export const tests: HostTests = {
  'the extension is installed under its id and becomes active': async () => {
    const { extension } = installed()
    await extension.activate()
    assert.equal(extension.isActive, true)
  },
  'every command of the manifest has somebody to do it': async () => {
    const { extension, manifest } = installed()
    await extension.activate()
    const known = new Set(await vscode.commands.getCommands(true))
    const orphans = manifest.contributes.commands.map(({ command }) => command).filter((command) => !known.has(command))
    assert.deepEqual(orphans, [])
  },
}
