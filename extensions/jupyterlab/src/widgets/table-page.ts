import { defineElements, type NbEvents } from '@novabrain/ui'
import type { Live } from '../live/live.js'
import type { TablePage } from '../tokens.js'
import { useTheme } from './theme.js'

/** A table of runs; `moved` is told what it shows from now on. */
export const tablePage = ({ host }: Live, first: TablePage, moved: (page: TablePage) => void): HTMLElement => {
  useTheme()
  defineElements()
  let page = first
  const table = Object.assign(document.createElement('nb-run-table'), { host, ...first })
  const change = (part: Partial<TablePage>) => moved((page = { ...page, ...part }))
  table.addEventListener('nb-query', (event) =>
    change({ query: (event as CustomEvent<NbEvents['nb-query']>).detail.query }),
  )
  table.addEventListener('nb-experiments', (event) => {
    const { experimentIds } = (event as CustomEvent<NbEvents['nb-experiments']>).detail
    Object.assign(table, { experimentIds })
    change({ experimentIds })
  })
  return table
}
