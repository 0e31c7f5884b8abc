import * as vscode from 'vscode'
import { redrawn, type RowSubject, type TreeRow, type TreeSource } from '../views/tree.js'

const staleScheme = 'novabrain-stale'

/** Draw a tree of rows in a view. Rows that are no longer true are drawn in the colour of what is disabled. */
export const showTree = (
  viewId: string,
  source: TreeSource,
): vscode.Disposable & { badge(count: number, words: string): void } => {
  const provider = treeProvider(source)
  const view = vscode.window.createTreeView(viewId, {
    treeDataProvider: provider,
    canSelectMany: viewId === 'novabrain.runs',
  })
  source.visible(view.visible)
  const parts = [
    view,
    provider,
    view.onDidChangeVisibility(({ visible }) => source.visible(visible)),
    { dispose: source.onChange(() => provider.look()) },
  ]
  return Object.assign(vscode.Disposable.from(...parts), {
    badge: (count: number, words: string) =>
      void (view.badge = count === 0 ? undefined : { value: count, tooltip: words }),
  })
}

/** What VS Code holds of a row: the same object as long as there is a row of this id, whatever the row shows by now. */
export interface Place {
  readonly row: TreeRow
  /** What commands on the row are given. */
  readonly subject: RowSubject | undefined
}

/** Rows as VS Code asks for them; `look` tells it which of them have changed since. */
export const treeProvider = (
  source: Pick<TreeSource, 'rows'>,
): vscode.TreeDataProvider<Place> & vscode.Disposable & { look(): void } => {
  const changed = new vscode.EventEmitter<Place[] | undefined>()
  let shown: readonly TreeRow[] = []
  let places = new Map<string, PlaceOfRow>()
  /** Let every place show the row it has now, and forget the places that have none. */
  const settle = (rows: readonly TreeRow[]) => {
    const settled = new Map<string, PlaceOfRow>()
    const visit = (row: TreeRow): void => {
      const place = places.get(row.id) ?? new PlaceOfRow(row)
      place.row = row
      settled.set(row.id, place)
      row.children?.forEach(visit)
    }
    rows.forEach(visit)
    shown = rows
    places = settled
  }
  const placesOf = (rows: readonly TreeRow[]) => rows.flatMap(({ id }) => places.get(id) ?? [])
  return {
    onDidChangeTreeData: changed.event,
    look() {
      const before = shown
      settle(source.rows())
      const ids = redrawn(before, shown)
      if (ids === 'all') return changed.fire(undefined)
      if (ids.length > 0) changed.fire(ids.flatMap((id) => places.get(id) ?? []))
    },
    getChildren(place) {
      if (place === undefined) settle(source.rows())
      return placesOf(place === undefined ? shown : (place.row.children ?? []))
    },
    getTreeItem: ({ row }) => itemOf(row),
    resolveTreeItem(item, { row }) {
      if (row.hover !== undefined) item.tooltip = new vscode.MarkdownString(row.hover())
      return item
    },
    dispose: () => changed.dispose(),
  }
}

class PlaceOfRow implements Place {
  constructor(public row: TreeRow) {}

  get subject(): RowSubject | undefined {
    return this.row.subject
  }
}

/** Faint labels for what is only last known. */
export const greyStale = (): vscode.Disposable =>
  vscode.window.registerFileDecorationProvider({
    provideFileDecoration: (uri) =>
      uri.scheme === staleScheme ? { color: new vscode.ThemeColor('disabledForeground') } : undefined,
  })

const states = {
  expanded: vscode.TreeItemCollapsibleState.Expanded,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
}

const itemOf = (row: TreeRow): vscode.TreeItem => {
  const item = new vscode.TreeItem(
    row.label,
    row.open === undefined ? vscode.TreeItemCollapsibleState.None : states[row.open],
  )
  item.id = row.id
  if (row.description !== undefined) item.description = row.description
  if (row.kind !== undefined) item.contextValue = row.kind
  if (row.stale === true) item.resourceUri = vscode.Uri.from({ scheme: staleScheme, path: `/${row.id}` })
  if (row.icon !== undefined) item.iconPath = new vscode.ThemeIcon(row.icon, colorOf(row))
  item.accessibilityInformation = { label: row.spoken ?? [row.label, row.description].filter(Boolean).join(', ') }
  if (row.command !== undefined)
    item.command = { command: row.command.id, title: '', arguments: [...row.command.arguments] }
  return item
}

const colorOf = (row: TreeRow): vscode.ThemeColor | undefined => {
  if (row.stale === true) return new vscode.ThemeColor('disabledForeground')
  return row.iconColor === undefined ? undefined : new vscode.ThemeColor(row.iconColor)
}
