import { emptyView, type Model } from '@novabrain/contracts'
import type { PageTarget } from '../../extensions/vscode/src/bridge.js'
import { createSession } from '../../extensions/vscode/src/session.js'
import { pageKey } from '../../extensions/vscode/src/views/panels.js'
import { createRunsList } from '../../extensions/vscode/src/views/runs.js'
import { runsRows } from '../../extensions/vscode/src/views/runs-rows.js'
import { anApp, anEditor, aPlatform, aServer, projectId, settled, until } from './an-editor.js'

const at = '2026-01-01T00:00:00.000Z'
const aModel = (name: string, change: Partial<Model> = {}): Model => ({
  id: name.padEnd(32, '0'),
  name,
  description: null,
  tags: [],
  aliases: [],
  latestVersion: {
    modelName: name,
    version: 3,
    aliases: [],
    description: null,
    run: null,
    createdBy: 'ada',
    createdAt: at,
  },
  versionCount: 3,
  nextVersion: 4,
  createdAt: at,
  updatedAt: at,
  ...change,
})

describe('models in the tree', () => {
  const { editor } = anEditor()
  const rowsOf = (models: readonly Model[]) =>
    runsRows(editor, {
      view: emptyView(),
      more: false,
      pinned: [],
      models,
      staleSinceMs: null,
      lacksPython: false,
      nowMs: 0,
    })

  test('are one group, folded, with the newest version and where the aliases point; all others are one row away', () => {
    const [group, ...more] = rowsOf([
      aModel('iris', { aliases: [{ alias: 'champion', version: 2 }] }),
      aModel('empty', { latestVersion: null }),
    ])
    expect(more).toEqual([])
    expect(group).toMatchObject({ id: 'models', label: 'Models', open: 'collapsed' })
    expect(group?.children?.map(({ label, description, command }) => [label, description, command])).toEqual([
      ['iris', 'v3 · champion → v2', { id: 'novabrain.openModel', arguments: [{ name: 'iris' }] }],
      ['empty', '', { id: 'novabrain.openModel', arguments: [{ name: 'empty' }] }],
      ['All models', undefined, { id: 'novabrain.openModel', arguments: [{}] }],
    ])
  })

  test('are no group where there are none', () => {
    expect(rowsOf([])).toEqual([])
  })

  test('are asked for when the tree is seen, and again when one changed; never while it is hidden', async () => {
    const fake = anEditor()
    fake.secrets.set('token:http://nova.test', 'nb_kept')
    let models = [aModel('iris')]
    const path = `/v1/projects/${projectId}/models`
    const network = aPlatform(aServer({ [`GET ${path}`]: () => ({ items: models, nextCursor: null }) }))
    const session = createSession(fake.editor, network.platform)
    const list = createRunsList(anApp({ editor: fake.editor, platform: network.platform, session }))
    const asked = () => network.asked.filter((request) => request.path === path).length
    const names = () => (list.rows().find(({ id }) => id === 'models')?.children ?? []).map(({ label }) => label)
    const live = await session.live()
    expect([live === null, asked()]).toEqual([false, 0])
    list.visible(true)
    await until(() => names().includes('iris'))
    const socket = network.sockets[0]?.socket
    const tell = (cursor: number) => {
      const event = { type: 'model_changed', modelId: 'm', name: 'iris', version: 4, sourceRunId: null }
      socket?.onmessage?.(JSON.stringify({ type: 'event', record: { cursor, at, projectId, event } }))
    }
    socket?.onopen?.()
    await settled()
    socket?.onmessage?.(JSON.stringify({ type: 'ready', cursor: 1, serverVersion: '3.1.0' }))
    models = [aModel('churn'), aModel('iris')]
    tell(2)
    await until(() => names().includes('churn'))
    list.visible(false)
    const before = asked()
    tell(3)
    await settled()
    expect(asked()).toBe(before)
    list.dispose()
    session.dispose()
  })
})

test('each page of the registry is a tab of its own', () => {
  const pages: readonly PageTarget[] = [
    { kind: 'models' },
    { kind: 'model', name: 'iris' },
    { kind: 'version', name: 'iris', version: 1 },
    { kind: 'version', name: 'iris', version: 11 },
    { kind: 'version', name: '1:iris', version: 1 },
  ]
  expect(new Set(pages.map(pageKey)).size).toBe(pages.length)
})
