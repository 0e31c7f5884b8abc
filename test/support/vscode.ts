import type { FrameLocator, Locator, Page } from 'playwright-core'
import { themes, type TestCodeServer } from './code-server.js'

/** What is answered when the editor asks whether the authors of a folder are trusted. */
export type Trust = 'granted' | 'refused'

const answers = { granted: 'Yes, I trust the authors', refused: 'No, I don' }

/** Open the folder and wait until the editor is drawn; answers the question of trust, which comes once a browser context. */
export const openEditor = async (page: Page, editor: TestCodeServer, trust: Trust = 'granted'): Promise<void> => {
  await page.goto(editor.url)
  await page.locator('.monaco-workbench .part.statusbar .statusbar-item').first().waitFor()
  if (editor.trust === 'asked')
    await page.locator('.monaco-dialog-box').getByRole('button', { name: answers[trust] }).click()
}

/** Load the window again, as when the browser's tab is reloaded; the question of trust was answered before. */
export const reloadEditor = async (page: Page): Promise<void> => {
  await page.reload()
  await page.locator('.monaco-workbench .part.statusbar .statusbar-item').first().waitFor()
}

/**
 * Wait until the browser has kept what its tabs show. The editor writes that down every five seconds, not when it is
 * reloaded; `part` is a piece of the state of the tab.
 */
export const windowKept = async (page: Page, part: string): Promise<void> => {
  await page.waitForFunction(async (wanted) => {
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error ?? new Error('no answer'))
      })
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith('vscode-web-state-db-') || name.includes('global')) continue
      const database = await answer(indexedDB.open(name))
      const items = database.transaction('ItemTable').objectStore('ItemTable')
      const editors: unknown = await answer(items.get('memento/workbench.parts.editor')).finally(() => database.close())
      // The state of a tab is JSON in JSON: only its quotes are marked.
      if (typeof editors === 'string' && editors.replaceAll('\\', '').includes(wanted)) return true
    }
    return false
  }, part)
}

/** Run a command by the words of the palette, such as `NovaBrain: Sign In`; what is asked next is on the screen afterwards. */
export const runCommand = async (page: Page, label: string): Promise<void> => {
  await page.keyboard.press('F1')
  await quickInput(page).locator('input.input').fill(`>${label}`)
  await row(page, label).click()
  await page.waitForFunction(() => {
    const widget = document.querySelector<HTMLElement>('.quick-input-widget')
    const typed = widget?.querySelector<HTMLInputElement>('input.input')?.value ?? ''
    return widget?.style.display === 'none' || !typed.startsWith('>')
  })
}

/** Change the colours as people do; the editor is drawn in them afterwards. */
export const useTheme = async (page: Page, theme: keyof typeof themes): Promise<void> => {
  await runCommand(page, 'Preferences: Color Theme')
  const { label, sign } = themes[theme]
  await quickInput(page).locator('input.input').fill(label)
  await pick(page, label)
  await page.locator(`.monaco-workbench.${sign}`).waitFor()
}

const quickInput = (page: Page): Locator => page.locator('.quick-input-widget:visible')

const row = (page: Page, label: string): Locator =>
  quickInput(page)
    .locator('.quick-input-list .monaco-list-row')
    .filter({ has: page.locator('.quick-input-list-row:first-child .label-name').getByText(label, { exact: true }) })
    .first()

/** An entry of a Quick Pick as it is read. */
export interface PickItem {
  readonly label: string
  readonly description: string
  readonly detail: string
}

/** What a Quick Pick offers, in its order, once it is there. A long list shows only what fits. */
export const pickItems = async (page: Page): Promise<readonly PickItem[]> => {
  const rows = quickInput(page).locator('.quick-input-list .monaco-list-row')
  await rows.first().waitFor()
  return rows.evaluateAll((elements) => {
    // A row is drawn anew for each list and keeps, out of sight, parts of what it showed before.
    const text = (part: HTMLElement | null) =>
      part === null || part.offsetParent === null ? '' : part.innerText.trim()
    return elements.map((element) => ({
      label: text(element.querySelector('.label-name')),
      description: text(element.querySelector('.label-description')),
      detail: text(element.querySelector('.quick-input-list-label-meta')),
    }))
  })
}

/** Choose an entry of the open Quick Pick by its label. */
export const pick = (page: Page, label: string): Promise<void> => row(page, label).click()

/** Write into the input box that is open or about to be. The list that it comes after has a field too, and goes first. */
export const fillInput = async (page: Page, text: string): Promise<void> => {
  await quickInput(page).locator('.quick-input-list').waitFor({ state: 'hidden' })
  await quickInput(page).locator('input.input').fill(text)
}

/** Answer the open input box. (A list wants time to find what was typed: choose from it with `pick`.) */
export const typeInto = async (page: Page, text: string): Promise<void> => {
  await fillInput(page, text)
  await page.keyboard.press('Enter')
}

/** The editor takes a second click on an icon within 300 ms for a nervous double click and does nothing. */
const nervousMs = 350

/**
 * Open a view container by its icon in the activity bar. A window that comes back may open it by itself just before the
 * click, which then closes it: one looks and clicks again, as people do.
 */
export const openContainer = async (page: Page, name: string): Promise<void> => {
  const icon = page.locator('.activitybar').getByRole('tab', { name })
  await icon.waitFor()
  const open = icon.and(page.locator('[aria-selected="true"]'))
  for (let tries = 1; ; tries += 1) {
    await page.waitForTimeout(nervousMs)
    if ((await icon.getAttribute('aria-selected')) !== 'true') await icon.click()
    const opened = await open.waitFor({ timeout: 5000 }).then(
      () => true,
      (error: unknown) => {
        if (tries >= 5) throw error
        return false
      },
    )
    if (opened) return
  }
}

/** Open a file at the top of the folder, from the explorer. */
export const openFile = async (page: Page, name: string): Promise<void> => {
  await openContainer(page, 'Explorer')
  await treeRow(page, name).dblclick()
  await tab(page, name).waitFor()
}

/** A row of a tree in the side bar, by the beginning of what a screen reader says of it. */
export const treeRow = (page: Page, name: string): Locator =>
  page
    .locator('.part.sidebar .monaco-list-row[role="treeitem"]')
    .filter({ has: page.locator(`:scope[aria-label^="${name}"]`) })

/**
 * Press one of the buttons that a row of a tree shows under the pointer. A live tree moves its rows while one aims, so one
 * aims again, as people do.
 */
export const rowAction = async (page: Page, row: string, action: string): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    await treeRow(page, row).hover()
    const pressed = treeRow(page, row).getByRole('button', { name: action }).click({ timeout: 3000 })
    const done = await pressed.then(
      () => true,
      (error: unknown) => {
        if (tries >= 10) throw error
        return false
      },
    )
    if (done) return
    await page.mouse.move(0, 0)
  }
}

/** Choose an entry of the menu of a row of a tree. */
export const rowMenu = async (page: Page, row: string, entry: string): Promise<void> => {
  await treeRow(page, row).click({ button: 'right' })
  await page.getByRole('menuitem', { name: entry }).waitFor()
  await page.waitForTimeout(nervousMs)
  await page.getByRole('menuitem', { name: entry }).click()
}

/** The names of the rows of a view that are drawn, from the top. */
export const treeNames = async (page: Page, view: string): Promise<readonly string[]> => {
  const rows = page.locator('.part.sidebar').getByRole('tree', { name: view }).getByRole('treeitem')
  await rows.first().waitFor()
  return rows.evaluateAll((elements) => elements.map((element) => element.getAttribute('aria-label') ?? ''))
}

/** An editor's tab. */
export const tab = (page: Page, name: string): Locator => page.locator('.tabs-container').getByRole('tab', { name })

/** What is inside the webview in front: an extension's page is two frames deep. */
export const webview = (page: Page): FrameLocator =>
  page.locator('iframe.webview.ready').and(page.locator(':visible')).last().contentFrame().frameLocator('#active-frame')

/** A notification that says this, as a toast or in the list. */
export const notification = (page: Page, text: string | RegExp): Locator =>
  page.locator('.notification-list-item').filter({ hasText: text })

/** An entry of the status bar that says this. */
export const statusItem = (page: Page, text: string | RegExp): Locator =>
  page.locator('.part.statusbar .statusbar-item').filter({ hasText: text })
