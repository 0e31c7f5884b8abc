import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { TestJupyter } from './jupyter.js'

/** Write a small notebook of code cells into the folder of a JupyterLab. Each source is a cell; the ids are c0, c1, … */
export const writeNotebook = async (jupyter: TestJupyter, name: string, cells: readonly string[]): Promise<void> => {
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3 (ipykernel)', language: 'python' } },
    cells: cells.map((source, index) => ({
      cell_type: 'code',
      id: `c${String(index)}`,
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    })),
  }
  await writeFile(join(jupyter.folder, name), JSON.stringify(notebook))
}

/**
 * Open a notebook and wait until its kernel is at rest. JupyterLab opens what the address names some requests after the
 * page is there, and brings it to the front; who opens something else before that finds it behind.
 */
export const openNotebook = async (page: Page, jupyter: TestJupyter, path: string): Promise<void> => {
  await page.goto(jupyter.open(path))
  await page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) [data-jp-item-name="novabrain-run"]').waitFor()
  await page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell').first().waitFor()
  await page.locator('[data-jp-item-name="kernelName"]', { hasText: 'Python 3' }).first().waitFor()
  await kernelAtRest(page)
}

/** Wait until the kernel of the notebook in front is idle; its sign in the toolbar says so even before there is a kernel. */
export const kernelAtRest = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => {
    interface Notebook {
      readonly sessionContext?: { readonly session: { readonly kernel: { readonly status: string } | null } | null }
    }
    const { jupyterapp } = window as unknown as { jupyterapp: { shell: { currentWidget: Notebook | null } } }
    return jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'
  })
}

/** Press the key in the notebook, and wait until the card knows what it will run and may be confirmed. */
export const openCard = async (page: Page): Promise<void> => {
  await page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell').first().click()
  await page.keyboard.press('Control+Alt+Enter')
  await page.locator('nb-submit-card').waitFor()
}

/**
 * Run a command of JupyterLab, as a menu would, and wait until it is done. What it gives stays in the page: it is often a
 * widget, and everything that hangs from one is not to be written out.
 */
export const execute = (page: Page, command: string, args: Record<string, unknown> = {}): Promise<void> =>
  page.evaluate(
    async ([id, given]) => {
      const { jupyterapp } = window as unknown as {
        jupyterapp: { commands: { execute(id: string, args: object): Promise<unknown> } }
      }
      await jupyterapp.commands.execute(id, given)
    },
    [command, args] as const,
  )
