import { findDevices, parseNvidia } from '../../server/src/execution/executors/local/devices.js'
import { runnerEnvironment } from '../../server/src/execution/executors/local/environment.js'

test('devices of nvidia-smi are read by index, model and memory; other lines are not devices', () => {
  const output = '0, NVIDIA H200, 143771\n1, NVIDIA A100-SXM4-80GB, 81920\nNo devices were found\n\n'
  expect(parseNvidia(output, 'node')).toMatchObject([
    { index: 0, kind: 'gpu', model: 'NVIDIA H200', memoryMib: 143_771, simulated: false },
    { index: 1, model: 'NVIDIA A100-SXM4-80GB', memoryMib: 81_920 },
  ])
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
