import * as fc from 'fast-check'
import type { LatestMetric } from '@novabrain/contracts'
import { compareWithPin, pinHere, restore } from '../../extensions/vscode/src/commands/environment.js'
import { diagnose } from '../../extensions/vscode/src/commands/diagnose.js'
import { submit } from '../../extensions/vscode/src/commands/submit.js'
import { createSession } from '../../extensions/vscode/src/session.js'
import { readTask } from '../../extensions/vscode/src/tasks/definition.js'
import { metricsOfCell } from '../../extensions/vscode/src/notebook/cell-metrics.js'
import { anApp, anEditor, aPlatform, aServer } from './an-editor.js'

describe('a task of tasks.json', () => {
  test('what is left out has a default', () => {
    expect(readTask({ type: 'novabrain', file: 'train.py' })).toEqual({
      file: 'train.py',
      gpus: 1,
      maxGpus: null,
      args: [],
      parameters: {},
      priority: 'normal',
    })
  })

  test('what is said is taken', () => {
    const given = {
      file: 'a.ipynb',
      gpus: 1,
      maxGpus: 4,
      args: ['--lr', 0.1],
      parameters: { lr: 0.1 },
      priority: 'high',
    }
    expect(readTask(given)).toEqual({ ...given, args: ['--lr', '0.1'] })
  })

  test.each([[undefined], [''], [5], [null]])('without a file (%s) there is none', (file) => {
    expect(readTask({ file })).toBeNull()
  })

  test('whatever else stands there, it is one that can be sent', () => {
    fc.assert(
      fc.property(fc.object(), (given) => {
        const task = readTask({ ...given, file: 'train.py' })
        expect(Number.isInteger(task?.gpus) && (task?.gpus ?? -1) >= 0).toBe(true)
        expect(task?.args.every((each) => typeof each === 'string')).toBe(true)
        expect(['low', 'normal', 'high']).toContain(task?.priority)
      }),
    )
  })
})

describe('the metrics of a cell', () => {
  const metric = (key: string): LatestMetric => ({ key, value: 1, step: 0, timestampMs: 0, pointCount: 1 })
  const metrics = ['loss', 'accuracy', 'lr'].map(metric)
  const keys = (source: string, ...others: string[]) =>
    metricsOfCell(source, [source, ...others], metrics).map(({ key }) => key)

  test('are those that it names', () => {
    expect(keys('mlflow.log_metric("loss", x)')).toEqual(['loss'])
    expect(keys(`mlflow.log_metrics({"loss": a, 'lr': b}, step=i)`)).toEqual(['loss', 'lr'])
    expect(keys('log_metric(\n    "accuracy", 0.9)')).toEqual(['accuracy'])
  })

  test('where a cell logs by a variable or fits under autolog, those that no cell names', () => {
    expect(keys('model.fit(x, y)', 'mlflow.log_metric("loss", 1)')).toEqual(['accuracy', 'lr'])
    expect(keys('mlflow.log_metric(name, value)', 'mlflow.log_metric("lr", 1)')).toEqual(['loss', 'accuracy'])
  })

  test('are none where nothing is logged', () => {
    expect(keys('print("loss", 0.1)')).toEqual([])
    expect(keys('catalog_metrics = 3')).toEqual([])
    expect(keys('mlflow.log_metric("other", 1)')).toEqual([])
  })
})

describe('in a folder that is not trusted', () => {
  const untrusted = () => {
    const fake = anEditor({ trusted: false, showText: async (_title, _language, text) => void shown.push(text) })
    const shown: string[] = []
    fake.secrets.set('token:http://nova.test', 'nb_kept')
    const started: string[] = []
    const network = aPlatform(aServer(), {
      python: (interpreter) => {
        started.push(interpreter)
        return null
      },
      firstPython: ([first = '']) => Promise.resolve(void started.push(first)).then(() => first),
    })
    const document = {
      kind: 'script' as const,
      path: '/home/ada/study/train.py',
      untitled: false,
      unsaved: false,
      text: 'print(1)',
      selection: null,
    }
    const editor = { ...fake.editor, documents: { ...fake.editor.documents, active: () => document } }
    const session = createSession(editor, network.platform)
    const app = anApp({ editor, platform: network.platform, session })
    return { ...fake, ...network, app, started, shown, session }
  }

  test.each([
    ['running', submit],
    ['pinning', pinHere],
    ['comparing', compareWithPin],
    ['restoring', restore],
  ] as const)('%s starts no Python and sends nothing, and says why', async (_what, command) => {
    const { app, told, started, asked, session } = untrusted()
    await command(app, {})
    session.dispose()
    expect(told.join()).toContain('not trusted')
    expect(started).toEqual([])
    expect(asked).toEqual([])
  })

  test('diagnosing starts no Python', async () => {
    const { app, started, shown, session } = untrusted()
    await diagnose(app)
    session.dispose()
    expect(started).toEqual([])
    expect(shown.join()).toMatch(/✗ \*\*Python\*\*: This folder is not trusted/)
  })
})
