import {
  durationText,
  equalNodes,
  fifo,
  metricsOf,
  metricsTable,
  policyNamed,
  policyNames,
  readTable,
  reportHtml,
  reportTexts,
  simulate,
  tableText,
  truth,
} from '@novabrain/scheduler/simulator'

const text = `job_id,submit_s,num_gpus,duration_s,owner,queue,gpu_milli
a,0,2,3600,ann,research,
<b>,60,2,1800,ann,research,
c,60,1,60,bob,service,500`

const trace = readTable('own', text, equalNodes(1, 2))
const results = [simulate(trace, fifo), simulate(trace, policyNamed('default', truth) ?? fifo)]

test('a table of one’s own becomes a trace, with what it leaves out filled in', () => {
  expect(trace.queues.map(({ name }) => name)).toEqual(['research', 'service'])
  expect(trace.jobs[2]).toMatchObject({ owner: 'bob', submitMs: 60_000, runMs: 60_000, priority: 200 })
  expect(trace.jobs.map(({ request }) => [request.gpuCount, request.gpuMilli])).toEqual([
    [2, 1000],
    [2, 1000],
    [1, 500],
  ])
})

test('a job that no cluster of this size could run is told by its name', () => {
  const run = () => readTable('own', `${text}\nd,0,9,1,,,`, equalNodes(1, 2))
  expect(run).toThrow('Job d asks for 9 GPUs, the cluster has 2')
})

test('the report holds the figures of every policy, and nothing of a trace is taken for HTML', () => {
  const page = reportHtml(results, 'en')
  expect(page).toContain('<td>FIFO</td><td>3</td><td>1.3 h</td>')
  expect(page).toContain('<td>NovaBrain default</td>')
  expect(page).not.toContain('<b>')
  expect(page).not.toMatch(/<script|https?:/)
})

test('the report of a trace in which somebody was preempted names who', () => {
  const [first] = results
  const jobs = first?.jobs.map((job) => (job.id === '<b>' ? { ...job, preemptions: 2 } : job)) ?? []
  const page = reportHtml(first === undefined ? [] : [{ ...first, jobs }], 'zh')
  expect(page).toContain('<td>&#60;b&#62;</td><td>2</td><td>2</td><td>30 分钟</td>')
  expect(page).toContain('lang="zh-CN"')
})

test('a simulation that was stopped says so', () => {
  const [first] = results
  const page = reportHtml(first === undefined ? [] : [{ ...first, stopped: true }], 'en')
  expect(page).toContain('Stopped before the last job ended')
})

test('the table lines up in a terminal, with wide characters too', () => {
  const rows = results.map((result) => ({ policy: result.policy, metrics: metricsOf(result) }))
  for (const locale of ['en', 'zh'] as const) {
    const lines = tableText(metricsTable(rows, reportTexts(locale))).split('\n')
    const columns = lines.map((line) => [...line].reduce((sum, one) => sum + (one > '\u2e7f' ? 2 : 1), 0))
    expect(lines).toHaveLength(4)
    expect(new Set(columns).size).toBe(1)
  }
})

test.each([
  [0.4, '0.4 s'],
  [59, '59 s'],
  [90, '1.5 min'],
  [7200, '2 h'],
  [36_000, '10 h'],
  [864_000, '10 d'],
  [861_408, '10 d'],
])('%d seconds read as %s', (seconds, said) => {
  expect(durationText(seconds, reportTexts('en'))).toBe(said)
})

test('every policy that has a name can be run, and no other', () => {
  for (const name of policyNames) {
    const policy = policyNamed(name, truth)
    if (policy === null) throw new Error(name)
    expect(simulate(trace, policy).jobs.every(({ endMs }) => endMs !== null)).toBe(true)
  }
  expect(policyNamed('nobody', truth)).toBeNull()
})
