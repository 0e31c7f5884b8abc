import * as vscode from 'vscode'
import type { App } from '../app.js'
import { signIn } from '../commands/who.js'
import { addressOf, kernelServers, type KernelServer } from '../notebook/kernel-servers.js'

/** The part of the Jupyter extension's interface that is used. It is never required. */
interface JupyterExtension {
  createJupyterServerCollection(
    id: string,
    label: string,
    provider: {
      readonly onDidChangeServers: vscode.Event<void>
      provideJupyterServers(): Promise<KernelServer[]>
      resolveJupyterServer(server: KernelServer): Promise<unknown>
    },
  ): vscode.Disposable & { commandProvider?: CommandProvider }
}

/** What can be done where servers are listed; the server that comes of it, if any, is chosen. */
interface CommandProvider {
  provideCommands(): Promise<{ label: string; canBeAutoSelected: boolean }[]>
  handleCommand(): Promise<KernelServer | undefined>
}

/** Kernels of NovaBrain in the kernel picker of the Jupyter extension, where that is installed. */
export const offerJupyterServers = async (app: App): Promise<vscode.Disposable | null> => {
  const extension = vscode.extensions.getExtension<JupyterExtension>('ms-toolsai.jupyter')
  if (extension === undefined) return null
  const jupyter = await extension.activate()
  const changed = new vscode.EventEmitter<void>()
  const end = app.session.onChange(() => changed.fire())
  const collection = jupyter.createJupyterServerCollection('novabrain', app.editor.t('NovaBrain Environments'), {
    onDidChangeServers: changed.event,
    provideJupyterServers: () => kernelServers(app),
    async resolveJupyterServer(server) {
      const { url, ...rest } = await addressOf(app, server)
      return { ...server, connectionInformation: { baseUrl: vscode.Uri.parse(url), ...rest } }
    },
  })
  collection.commandProvider = signingIn(app)
  return vscode.Disposable.from(collection, changed, { dispose: end })
}

/** Who is signed out has nothing to choose from, and signs in on the way. */
const signingIn = (app: App): CommandProvider => ({
  async provideCommands() {
    const label = app.editor.t('Sign in to {0}', app.session.serverUrl)
    return app.session.state.kind === 'signed_out' ? [{ label, canBeAutoSelected: true }] : []
  },
  async handleCommand() {
    await signIn(app, undefined)
    const live = await app.session.live()
    return live === null ? undefined : (await kernelServers(app)).find(({ id }) => id === live.projectId)
  },
})
