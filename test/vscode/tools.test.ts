import type { Job, Run } from '@novabrain/contracts'
import { createTools, differences, mostGpuHours } from '../../extensions/vscode/src/assistant/tools.js'
import { createSession } from '../../extensions/vscode/src/session.js'
import { aJob } from '../contracts/a-job.js'
import { anApp, anEditor, aPlatform, aServer, projectId, until, type Answers } from './an-editor.js'

const disposals: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

const aRun = (change: Partial<Run> = {}): Run => ({
  id: aJob(1).runId,
  projectId,
  experimentId: '1',
  experimentName: 'study',
  name: 'train',
  status: 'FINISHED',
  lifecycleStage: 'active',
  userName: 'ada',
  startedAt: null,
  endedAt: null,
  params: [],
  tags: [],
  metrics: [],
  job: { id: aJob(1).id, number: 1, status: 'succeeded' },
  ...change,
})
const metric = (key: string, value: number) => ({ key, value, step: 0, timestampMs: 0, pointCount: 1 })

const toolsWith = async (jobs: readonly Job[], answers: Answers = {}, trusted = true) => {
  const listed = ({ url }: { url: string }) => {
    const status = new URL(url).searchParams.get('status')
    const wanted = jobs.filter(({ endedAt }) => (endedAt === null) === (status === 'active'))
    return { items: wanted, nextCursor: null }
  }
  const base = `/v1/projects/${projectId}`
  const server = aServer({
    [`GET ${base}/jobs`]: listed,
    ...Object.fromEntries(jobs.map((job) => [`GET ${base}/jobs/${job.id}`, job])),
    ...Object.fromEntries(
      jobs.map(({ id, number, status, runId }) => [
        `GET ${base}/runs/${runId}`,
        aRun({ id: runId, job: { id, number, status } }),
      ]),
    ),
    [`POST ${base}/jobs`]: aJob(99),
    ...answers,
  })
  const { editor, secrets } = anEditor({ trusted })
  secrets.set('token:http://nova.test', 'nb_kept')
  const { platform, asked } = aPlatform(server)
  const session = createSession(editor, platform)
  disposals.push(() => session.dispose())
  const live = await session.live()
  await until(() => live?.jobs.state.status === 'ready')
  const tools = createTools(anApp({ editor, platform, session }))
  const submitted = () =>
    asked.filter(({ method }) => method === 'POST').map(({ body }) => body as Record<string, never>)
  const tool = (name: string) => {
    const found = tools[name]
    if (found === undefined) throw new Error(`no tool ${name}`)
    return found
  }
  return { tool, submitted, asked }
}

describe('reading', () => {
  test('asks the user nothing, lists newest first and as many as wanted', async () => {
    const { tool } = await toolsWith([aJob(1, 'succeeded'), aJob(2, 'running'), aJob(3, 'failed')])
    const list = tool('novabrain_list_runs')
    const numbers = async (input: Record<string, unknown>) =>
      (JSON.parse(await list.run(input)) as { number: number }[]).map(({ number }) => number)
    expect(list.confirm({})).toBeNull()
    expect(await numbers({})).toEqual([2, 3, 1])
    expect(await numbers({ status: 'ended', limit: 1 })).toEqual([3])
    expect(await numbers({ status: 'active' })).toEqual([2])
  })

  test('a run is found by the number people say, and one that is not there is said so', async () => {
    const { tool } = await toolsWith([aJob(1, 'succeeded')])
    const run = JSON.parse(await tool('novabrain_get_run').run({ run: '#1', logLines: 0 })) as { name: string }
    expect(run.name).toBe('train')
    await expect(tool('novabrain_get_run').run({ run: 17 })).rejects.toThrow('no run 17')
  })

  test('only what differs is told of several', () => {
    const runs = [
      aRun({
        params: [
          { key: 'lr', value: '0.1' },
          { key: 'seed', value: '1' },
        ],
        metrics: [metric('loss', 0.5)],
      }),
      aRun({
        params: [
          { key: 'lr', value: '0.2' },
          { key: 'seed', value: '1' },
        ],
        metrics: [metric('loss', 0.5)],
      }),
      aRun({
        params: [
          { key: 'lr', value: '0.2' },
          { key: 'seed', value: '1' },
          { key: 'new', value: 'x' },
        ],
        metrics: [],
      }),
    ]
    expect(differences(runs)).toMatchObject({
      params: { lr: ['0.1', '0.2', '0.2'], new: [null, null, 'x'] },
      metrics: { loss: [0.5, 0.5, null] },
    })
    expect(Object.keys(differences(runs).params)).toEqual(['lr', 'new'])
  })
})

describe('submitting', () => {
  const script = aJob(1, 'succeeded', { resources: { ...aJob(1).resources, gpuCount: 2 } })

  test('asks first, and the question names the run, the GPUs, the time and what is changed', async () => {
    const { tool } = await toolsWith([script])
    const input = { run: 1, gpus: 2, timeLimitMinutes: 30, arguments: ['--lr', '0.1'] }
    const message = tool('novabrain_submit').confirm(input)?.message ?? ''
    for (const part of ['1', '2', '30', '--lr']) expect(message).toContain(part)
  })

  test('carries its origin, its limit and what was asked for', async () => {
    const { tool, submitted } = await toolsWith([script])
    await tool('novabrain_submit').run({ run: 1, timeLimitMinutes: 30, arguments: ['--lr', 0.1] })
    expect(submitted()).toEqual([
      expect.objectContaining({
        origin: 'assistant',
        timeLimitMs: 1_800_000,
        rerunOf: script.id,
        task: { kind: 'script', path: 'train.py', arguments: ['--lr', '0.1'] },
      }),
    ])
  })

  test('parameters of a notebook are changed one by one', async () => {
    const task = { kind: 'notebook', path: 'study.ipynb', parameters: { lr: 0.1, epochs: 5 } } as const
    const { tool, submitted } = await toolsWith([aJob(1, 'succeeded', { task })])
    await tool('novabrain_submit').run({ run: 1, timeLimitMinutes: 30, parameters: { lr: 0.2 } })
    expect(submitted()[0]).toMatchObject({ task: { parameters: { lr: 0.2, epochs: 5 } } })
  })

  test(`more than ${String(mostGpuHours)} GPU hours are refused before anything is sent; just as many are not`, async () => {
    const { tool, submitted } = await toolsWith([script])
    const minutes = (mostGpuHours * 60) / 2
    await expect(tool('novabrain_submit').run({ run: 1, timeLimitMinutes: minutes + 1 })).rejects.toThrow('GPU hours')
    expect(submitted()).toEqual([])
    await tool('novabrain_submit').run({ run: 1, timeLimitMinutes: minutes })
    expect(submitted()).toHaveLength(1)
  })

  test.each([[undefined], ['soon'], [Number.NaN], [-5], [0]])(
    'a time limit of %s is none, and nothing is sent',
    async (timeLimitMinutes) => {
      const { tool, submitted } = await toolsWith([script])
      await expect(tool('novabrain_submit').run({ run: 1, timeLimitMinutes })).rejects.toThrow('time limit')
      expect(submitted()).toEqual([])
    },
  )

  test('fewer than no GPUs buy no time', async () => {
    const { tool, submitted } = await toolsWith([script])
    await expect(tool('novabrain_submit').run({ run: 1, gpus: -8, timeLimitMinutes: 900 })).rejects.toThrow('GPUs')
    expect(submitted()).toEqual([])
  })

  test('from a folder that is not trusted nothing is submitted', async () => {
    const { tool, submitted } = await toolsWith([script], {}, false)
    await expect(tool('novabrain_submit').run({ run: 1, timeLimitMinutes: 5 })).rejects.toThrow('not trusted')
    expect(submitted()).toEqual([])
  })
})
