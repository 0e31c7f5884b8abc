import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findDevices, parseNvidia } from '../../server/src/execution/executors/local/devices.js'
import { runnerEnvironment } from '../../server/src/execution/executors/local/environment.js'
import * as h100 from '../support/h100.js'

test('devices of nvidia-smi are read by index, model and memory; other lines are not devices', () => {
  const output = '0, NVIDIA H200, 143771\n1, NVIDIA A100-SXM4-80GB, 81920\nNo devices were found\n\n'
  expect(parseNvidia(output, 'node')).toMatchObject([
    { index: 0, kind: 'gpu', model: 'NVIDIA H200', memoryMib: 143_771, simulated: false },
    { index: 1, model: 'NVIDIA A100-SXM4-80GB', memoryMib: 81_920 },
  ])
})

test('an H100 is found as its driver lists it', () => {
  expect(parseNvidia(h100.listed, 'node')).toMatchObject([
    { index: 0, kind: 'gpu', model: 'NVIDIA H100 80GB HBM3', memoryMib: 81_559, simulated: false },
  ])
})

/** Find devices on a machine whose `nvidia-smi` is this script. */
const findWith = async (script: string, known: Awaited<ReturnType<typeof findDevices>>) => {
  const folder = await mkdtemp(join(tmpdir(), 'novabrain-driver-'))
  const driver = join(folder, 'nvidia-smi')
  await writeFile(driver, `#!/bin/sh\n${script}\n`)
  await chmod(driver, 0o755)
  try {
    return await findDevices('node', 'auto', { known, patienceMs: 1000, driver })
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('devices stay while their driver does not answer, and go when it says that there are none', async () => {
  const found = await findWith(`printf '${h100.listed}'`, [])
  expect(found).toMatchObject([{ kind: 'gpu', memoryMib: 81_559 }])
  expect(await findWith('exec sleep 60', found)).toEqual(found)
  expect(await findWith('exec sleep 60', [])).toMatchObject([{ kind: 'cpu' }])
  expect(await findWith('echo No devices were found; exit 6', found)).toMatchObject([{ kind: 'cpu' }])
})

test('declared devices are simulated, and have the same ids each time', async () => {
  const devices = await findDevices('node', '4x24GiB')
  expect(devices).toHaveLength(4)
  expect(devices.every(({ simulated, memoryMib }) => simulated && memoryMib === 24_576)).toBe(true)
  expect(new Set(devices.map(({ id }) => id)).size).toBe(4)
  expect(await findDevices('node', '4x24GiB')).toEqual(devices)
  expect((await findDevices('other', '1x24GiB'))[0]?.id).not.toBe(devices[0]?.id)
})

test('a machine without GPUs is shown as one CPU device', async () => {
  expect(await findDevices('node', 'none')).toMatchObject([{ kind: 'cpu', simulated: false }])
})

test('a runner gets what any program needs and none of the secrets of the server', () => {
  const server = {
    PATH: '/usr/bin',
    HOME: '/home/ana',
    LC_ALL: 'zh_CN.UTF-8',
    https_proxy: 'http://proxy',
    NOVABRAIN_DATABASE_URL: 'postgresql://secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    PGPASSWORD: 'secret',
    OTEL_EXPORTER_OTLP_HEADERS: 'secret',
  }
  expect(runnerEnvironment(server, { NOVABRAIN_ATTEMPT_ID: 'a', NOVABRAIN_UV: undefined })).toEqual({
    PATH: '/usr/bin',
    HOME: '/home/ana',
    LC_ALL: 'zh_CN.UTF-8',
    https_proxy: 'http://proxy',
    NOVABRAIN_ATTEMPT_ID: 'a',
  })
})
