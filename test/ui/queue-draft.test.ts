import type { Queue } from '@novabrain/contracts'
import { draftOf, faultsOf, isTouched, putOf } from '../../shared/ui/src/format/queue-draft.js'

const research: Queue = {
  id: 'q',
  name: 'research',
  cohort: 'lab',
  nominalGpuMilli: 8000,
  borrowingLimitGpuMilli: null,
  lendingLimitGpuMilli: 500,
  weight: 2,
  orderKind: 'predicted',
  orderFair: false,
  patienceMs: 43_200_000,
  version: 7,
}

test('a form that is sent as it was opened asks for the queue as it is, on the version that was looked at', () => {
  const draft = draftOf(research)
  expect(draft).toMatchObject({ owns: '8', borrow: '', lend: '0.5', patience: '12', patienceUnit: 'hour' })
  expect(isTouched({ ...draft, reason: 'only a reason' }, research)).toBe(false)
  const { id: _id, name: _name, ...settings } = research
  expect(putOf({ ...draft, reason: ' because ' }, research.version)).toEqual({ ...settings, reason: 'because' })
})

test('a new queue has no limits and follows the cluster', () => {
  const draft = { ...draftOf(null), name: 'course', owns: '0.25', cohort: ' lab ', patience: '90', reason: 'new' }
  expect(isTouched(draft, null)).toBe(true)
  expect(faultsOf(draft, ['default'])).toEqual({})
  expect(putOf({ ...draft, cohort: '', patienceUnit: 'minute' }, 0)).toMatchObject({
    nominalGpuMilli: 250,
    cohort: null,
    orderKind: 'cluster',
    orderFair: true,
    patienceMs: 5_400_000,
  })
})

test('what does not do is told field by field', () => {
  const draft = draftOf(research)
  expect(faultsOf({ ...draft, reason: 'fine' }, null)).toEqual({})
  expect(
    faultsOf(
      { ...draft, owns: '-1', borrow: 'many', lend: '1.0005', weight: '0', cohort: 'The Lab', patience: 'x' },
      null,
    ),
  ).toEqual({
    owns: 'badAmount',
    borrow: 'badAmount',
    lend: 'badAmount',
    cohort: 'badName',
    weight: 'badWeight',
    patience: 'badTime',
    reason: 'noReason',
  })
  expect(faultsOf({ ...draft, patience: '366', patienceUnit: 'day', reason: 'x' }, null)).toEqual({
    patience: 'badTime',
  })
  for (const name of ['', 'Research', '-a', 'research'])
    expect(faultsOf({ ...draft, name, reason: 'x' }, ['research'])).toEqual({ name: 'badName' })
})
