import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { descendantsOf, listProcesses, treeOf } from '../../server/src/runner/process-table.js'

const grown = async (script: string) => {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  await once(child.stdout, 'data')
  return {
    pid: child.pid ?? -1,
    async fell() {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      await once(child, 'exit')
    },
  }
}

const ids = (entries: readonly { pid: number }[]): readonly number[] => entries.map(({ pid }) => pid).sort()

test('the tree of a process is itself and everything below it, children of children too', async () => {
  const { pid, fell } = await grown('sh -c "sleep 600 & sleep 600 & echo up; wait" & wait')
  const tree = await treeOf(pid)
  const all = await listProcesses()
  await fell()
  expect(ids(tree)).toEqual(ids([{ pid }, ...descendantsOf(pid, all)]))
  expect(tree).toHaveLength(4)
})

test('a process that is gone has no tree', async () => {
  const { pid, fell } = await grown('echo up; sleep 600')
  await fell()
  expect(await treeOf(pid)).toEqual([])
})
