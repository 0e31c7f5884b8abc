import { Dialog, showDialog } from '@jupyterlab/apputils'
import type { NotebookPanel } from '@jupyterlab/notebook'
import type { TranslationBundle } from '@jupyterlab/translation'
import type { CommandRegistry } from '@lumino/commands'
import { Widget } from '@lumino/widgets'
import type { EnvironmentState } from '@novabrain/contracts'
import { commandIds } from '../commands/ids.js'
import type { IEnvironments } from '../tokens.js'

interface ChipOptions {
  readonly panel: NotebookPanel
  readonly environments: IEnvironments
  readonly trans: TranslationBundle
  readonly commands: CommandRegistry
}

/** In the toolbar of a notebook: is the kernel still what was pinned? A word stands beside the colour. */
export class EnvironmentChip extends Widget {
  readonly #options: ChipOptions
  readonly #button = document.createElement('button')

  constructor(options: ChipOptions) {
    super()
    this.#options = options
    this.addClass('nb-Chip')
    this.node.append(this.#button)
    this.#button.addEventListener('click', () => void this.#act())
    options.environments.changed.connect(this.#draw, this)
    options.panel.context.pathChanged.connect(this.#draw, this)
    this.#draw()
  }
  override dispose(): void {
    this.#options.environments.changed.disconnect(this.#draw, this)
    super.dispose()
  }

  get #path(): string {
    return this.#options.panel.context.path
  }
  #draw(): void {
    const state = this.#options.environments.stateOf(this.#path)
    const { word, title } = words(this.#options.trans, state)
    this.#button.dataset['state'] = state.kind
    this.#button.textContent = word
    this.#button.title = title
    this.#button.setAttribute('aria-label', title)
  }
  async #act(): Promise<void> {
    const { environments, commands } = this.#options
    if (environments.lastPin(this.#path) === null)
      return void commands.execute(commandIds.pinEnvironment, { path: this.#path })
    const state = await environments.check(this.#path)
    if (state.kind === 'drifted') await this.#showChanges(state.changes)
  }
  async #showChanges(changes: readonly string[]): Promise<void> {
    const { trans, commands } = this.#options
    const list = document.createElement('ul')
    list.className = 'nb-Changes'
    list.append(...changes.map((change) => Object.assign(document.createElement('li'), { textContent: change })))
    const answer = await showDialog({
      title: trans._n('%1 package changed since the pin', '%1 packages changed since the pin', changes.length),
      body: new Widget({ node: list }),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Close') }),
        Dialog.createButton({ label: trans.__('Restore the pin'), actions: ['restore'] }),
        Dialog.okButton({ label: trans.__('Pin what is here now'), actions: ['pin'] }),
      ],
    })
    if (answer.button.actions.includes('pin')) void commands.execute(commandIds.pinEnvironment, { path: this.#path })
    if (answer.button.actions.includes('restore')) void commands.execute(commandIds.restoreEnvironment, {})
  }
}

const words = (trans: TranslationBundle, state: EnvironmentState): { word: string; title: string } => {
  switch (state.kind) {
    case 'unknown':
      return {
        word: trans.__('not pinned'),
        title: trans.__('The environment of this notebook is not pinned. Click to lock its packages.'),
      }
    case 'pinned':
      return {
        word: trans.__('pinned'),
        title: trans.__('The kernel is what was pinned: %1 packages. Click to check again.', state.packageCount),
      }
    case 'drifted':
      return {
        word: trans._n('%1 change', '%1 changes', state.changes.length),
        title: trans.__('The kernel is no longer what was pinned. Click to see what changed.'),
      }
  }
}
