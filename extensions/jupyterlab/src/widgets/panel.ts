import { defineElements, stringsOf } from '@novabrain/ui'
import type { Live } from '../live/live.js'
import { useTheme } from './theme.js'

const sides = ['runs', 'models'] as const
type Side = (typeof sides)[number]

/**
 * The left panel: the runs of the project, sharing the feed that the status bar reads, and its registered models. A list is
 * made when it is first shown.
 */
export const panelOf = ({ host, jobs }: Live): HTMLElement => {
  useTheme()
  defineElements()
  const t = stringsOf(host.locale())
  const words: Record<Side, string> = { runs: t.list.label, models: t.models.label }
  const panel = Object.assign(document.createElement('div'), { className: 'nb-Panel' })
  const tabs = Object.assign(document.createElement('div'), { className: 'nb-Panel-tabs', role: 'tablist' })
  const lists: Record<Side, () => HTMLElement> = {
    runs: once(() => Object.assign(document.createElement('nb-run-list'), { host, feed: jobs })),
    models: once(() => Object.assign(document.createElement('nb-model-list'), { host })),
  }
  const buttons = sides.map((side) =>
    Object.assign(document.createElement('button'), {
      id: `novabrain-tab-${side}`,
      role: 'tab',
      textContent: words[side],
      onclick: () => show(side),
    }),
  )
  const page = Object.assign(document.createElement('div'), { className: 'nb-Panel-page', role: 'tabpanel' })
  const show = (shown: Side) => {
    for (const [index, side] of sides.entries()) {
      buttons[index]?.setAttribute('aria-selected', String(side === shown))
      if (buttons[index] !== undefined) buttons[index].tabIndex = side === shown ? 0 : -1
    }
    page.setAttribute('aria-labelledby', `novabrain-tab-${shown}`)
    page.replaceChildren(lists[shown]())
  }
  tabs.addEventListener('keydown', ({ key }) => {
    if (key !== 'ArrowRight' && key !== 'ArrowLeft') return
    const other = buttons.find((button) => button.tabIndex !== 0)
    other?.click()
    other?.focus()
  })
  tabs.append(...buttons)
  panel.append(tabs, page)
  show('runs')
  return panel
}

const once = (make: () => HTMLElement): (() => HTMLElement) => {
  let made: HTMLElement | null = null
  return () => (made ??= make())
}
