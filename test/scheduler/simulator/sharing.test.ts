import { muriSharing, muriSrsf, simulateMuri, togetherS, type MuriJob } from '@novabrain/scheduler/simulator'

const aJob = (id: number, change: Partial<MuriJob> = {}): MuriJob => ({
  id: String(id),
  submitS: 0,
  gpus: 8,
  model: 'dqn',
  iterations: 100_000,
  iterationS: 0.5,
  stagesS: [0.45, 0.05, 0],
  ...change,
})

const sharing = muriSharing({ name: 'sharing', widthQuarters: 3 })

test('a job alone takes its stages one after the other; a pair that needs different things at a time hardly waits', () => {
  expect(togetherS([[0.2, 0.3, 0.1]])).toBeCloseTo(0.6)
  const pair = togetherS([
    [0.4, 0.1, 0],
    [0.1, 0.4, 0],
  ])
  expect(pair).toBeCloseTo((0.5 * 1.33) / 1.015)
})

test('the order in which a group is told means nothing, and more jobs never make its period shorter than the longest alone', () => {
  const group = [
    [0.4, 0.1, 0],
    [0.1, 0.4, 0.2],
    [0.2, 0.2, 0.1],
  ] as const
  expect(togetherS([...group].reverse())).toBeCloseTo(togetherS(group))
  expect(togetherS(group)).toBeGreaterThanOrEqual(0.7)
})

test('nothing is shared while devices are free', () => {
  const jobs = Array.from({ length: 8 }, (_, at) => aJob(at))
  expect(simulateMuri(jobs, sharing)).toEqual(simulateMuri(jobs, muriSrsf))
})

test('when devices are short, jobs that complement each other share, and all are done sooner', () => {
  const gpt = { model: 'gpt2', stagesS: [0.001, 0.42, 0.05] as const }
  const jobs = Array.from({ length: 16 }, (_, at) => aJob(at, at % 2 === 0 ? {} : gpt))
  const [shared, alone] = [simulateMuri(jobs, sharing), simulateMuri(jobs, muriSrsf)]
  expect(shared.meanJctS).toBeLessThan(alone.meanJctS)
  expect(shared.makespanS).toBeLessThan(alone.makespanS)
})

test('jobs that need the same thing all the time do not share', () => {
  const jobs = Array.from({ length: 16 }, (_, at) => aJob(at, { stagesS: [0, 0.5, 0], model: 'busy' }))
  expect(simulateMuri(jobs, sharing).makespanS).toBeCloseTo(simulateMuri(jobs, muriSrsf).makespanS)
})
