/** That something is missing is told by the view; nothing pops up. */
import { NovaBrainError } from '@novabrain/contracts'
import { hostFor } from '../../extensions/vscode/src/capture/source.js'
import { tellError } from '../../extensions/vscode/src/commands/tell-error.js'
import { createLacks } from '../../extensions/vscode/src/lacks.js'
import { nodePlatform } from '../../extensions/vscode/src/platform/node.js'
import type { Session } from '../../extensions/vscode/src/session.js'
import { anApp, anEditor } from './an-editor.js'

const study = { path: `${__dirname}/train.py`, untitled: false }
const session = { serverUrl: 'http://nova.test' } as unknown as Session
const appWith = (firstPython: () => Promise<string | null>) => {
  const fake = anEditor()
  const platform = { ...nodePlatform, firstPython }
  return { fake, app: anApp({ editor: fake.editor, platform, session, lacks: createLacks() }) }
}

test('whoever looks for a Python and finds none leaves that to the view, until one answers', async () => {
  const found: { python: string | null } = { python: null }
  const { app, fake } = appWith(() => Promise.resolve(found.python))
  let changes = 0
  app.lacks.onChange(() => (changes += 1))
  await expect(hostFor(app, study)).rejects.toMatchObject({ code: 'python_not_found' })
  await expect(hostFor(app, study)).rejects.toMatchObject({ code: 'python_not_found' })
  expect([app.lacks.python, changes]).toEqual([true, 1])
  found.python = 'python3'
  const host = await hostFor(app, study)
  expect(app.lacks.python).toBe(true)
  expect(await host.run('print(6 * 7)')).toBe('42\n')
  expect(app.lacks.python).toBe(false)
  fake.change({ pythonPath: '/nowhere/python3' })
  await expect((await hostFor(app, study)).run('')).rejects.toMatchObject({ code: 'python_not_found' })
  expect(app.lacks.python).toBe(true)
})

test('no Python brings up the view, another fault is told', async () => {
  const { app, fake } = appWith(() => Promise.resolve(null))
  await tellError(app, new NovaBrainError('python_not_found'))
  expect([fake.told, fake.ran]).toEqual([[], [['novabrain.runs.focus']]])
  await tellError(app, new NovaBrainError('uv_not_found'))
  expect(fake.told).toHaveLength(1)
})
