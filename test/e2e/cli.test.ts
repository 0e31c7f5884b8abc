/**
 * The `novabrain` command as it was built, against a real server with its own PostgreSQL and real Python, on the
 * machine's own terms: exit codes, what is printed where, JSON for machines, both languages.
 */
import { createServer, request, type Server } from 'node:http'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Explanation, Job } from '@novabrain/contracts'
import { novabrain, plainEnvironment, processesWith, start, type Ended, type Running } from '../support/command-line.js'
import { findPython, findUv, toolsDir } from '../support/python-tools.js'

jest.setTimeout(180_000)

let scratch: string
let home: string
let work: string
let venv: string
let uv: string
let server: Running | null = null
let url: string

const variables = (more: Readonly<Record<string, string>> = {}) =>
  plainEnvironment({ HOME: scratch, NOVABRAIN_HOME: home, NOVABRAIN_UV_PATH: uv, VIRTUAL_ENV: venv, ...more })

const begin = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Running =>
  start(process.execPath, [novabrain, ...args], { env: variables(env), cwd: work })

const cli = (...args: string[]): Promise<Ended> => begin(args).ended

const json = async <T>(...args: string[]): Promise<T> => {
  const { stdout } = await cli(...args, '--json')
  return JSON.parse(stdout) as T
}

const serve = async (folder: string, port = 0): Promise<{ server: Running; url: string }> => {
  const flags = ['serve', '--port', String(port), '--gpus', '2x24GiB', '--stop-jobs-on-exit']
  const started = begin(flags, { NOVABRAIN_HOME: folder, NOVABRAIN_LOG_LEVEL: 'warn' })
  await started.until('NovaBrain listens on ')
  const { url } = JSON.parse(await readFile(join(folder, 'credentials.json'), 'utf8')) as { url: string }
  return { server: started, url }
}

const program = async (command: string, ...args: string[]): Promise<void> => {
  const ended = await start(command, args, { env: { ...variables(), UV_CACHE_DIR: join(home, 'cache/uv') }, cwd: work })
    .ended
  if (ended.code !== 0) throw new Error(`${command} ${args.join(' ')}\n${ended.stderr}`)
}

/** Downloads and environments are kept between runs; nothing else of a data folder is. */
const keptCache = async (): Promise<string> => {
  const kept = process.env['NOVABRAIN_TEST_HOME']
  const folder = kept === undefined ? join(toolsDir, 'runner-cache') : join(kept, 'cache')
  await mkdir(folder, { recursive: true })
  return folder
}

const script = (name: string, lines: readonly string[]) => writeFile(join(work, name), `${lines.join('\n')}\n`)

const notebook = (cells: readonly { source: string; tags?: string[] }[]) =>
  JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells: cells.map(({ source, tags = [] }, index) => ({
      id: `c${String(index)}`,
      cell_type: 'code',
      metadata: { tags },
      source,
      outputs: [],
      execution_count: null,
    })),
  })

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'novabrain-cli-'))
  ;[home, work, venv] = [join(scratch, 'home'), join(scratch, 'work'), join(scratch, 'venv')]
  await mkdir(home, { mode: 0o711 })
  await mkdir(work)
  await symlink(await keptCache(), join(home, 'cache'))
  uv = await findUv()
  await program(uv, 'venv', '--quiet', '--python', await findPython(), venv)
  await program(uv, 'pip', 'install', '--quiet', '--python', join(venv, 'bin/python'), 'ipykernel==7.1.0')
  ;({ server, url } = await serve(home))
  await script('train.py', [
    'import argparse, os',
    'parser = argparse.ArgumentParser()',
    'parser.add_argument("--fail", type=int, default=0)',
    'given = parser.parse_args()',
    'print("devices", os.environ.get("CUDA_VISIBLE_DEVICES"))',
    'print("训练完成")',
    'raise SystemExit(given.fail)',
  ])
  await script('wait.py', [
    'import os, sys, time',
    'print("before", flush=True)',
    'while not os.path.exists(sys.argv[1]): time.sleep(0.05)',
    'print("after", flush=True)',
  ])
  await writeFile(
    join(work, 'study.ipynb'),
    notebook([{ source: 'epochs = 1', tags: ['parameters'] }, { source: 'print("epochs", epochs * 2)' }]),
  )
})

afterAll(async () => {
  server?.process.kill('SIGTERM')
  await server?.ended
  expect(await processesWith(home)).toEqual([])
  await rm(scratch, { recursive: true, force: true })
})

describe('run', () => {
  test('follows the log of a script on a GPU, and says what goes along', async () => {
    const { code, stdout, stderr } = await cli('run', 'train.py', '--gpus', '1')
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toMatch(/Environment: \d+ packages, pinned/)
    expect(stdout).toMatch(/GPU: .+ \(simulated\)/)
    expect(stdout).toContain('Files: train.py')
    expect(stdout).toContain('训练完成')
    expect(stderr).toMatch(/#1 succeeded \(.+\)\n$/)
    expect(stderr).not.toMatch(/(succeeded|failed) · /)
  })

  test('ends with the exit code of the job, its own options coming after two dashes', async () => {
    const { code, stderr } = await cli('run', 'train.py', '--no-pin', '--', '--fail', '3')
    expect(code).toBe(3)
    expect(stderr).toContain('#2 failed')
    expect(stderr).toContain('[exit_code]')
  })

  test('gives a notebook its parameters', async () => {
    const job = await json<Job>('run', 'study.ipynb', '-p', 'epochs=5')
    expect(job).toMatchObject({ number: 3, status: 'succeeded', task: { kind: 'notebook', parameters: { epochs: 5 } } })
    expect((await cli('logs', '3')).stdout).toContain('epochs 10')
  })

  test('speaks Chinese', async () => {
    const { code, stdout, stderr } = await cli('run', 'train.py', '--no-pin', '--lang', 'zh-CN')
    expect(code).toBe(0)
    expect(stdout).toContain('已提交为 #4')
    expect(stderr).toContain('#4 成功')
  })
})

describe('looking', () => {
  test('jobs come newest first, with their age', async () => {
    expect((await json<Job[]>('jobs')).map(({ number }) => number)).toEqual([4, 3, 2, 1])
    const [headings, newest] = (await cli('jobs', '--limit', '1')).stdout.split('\n')
    expect(headings).toMatch(/#.+NAME.+STATUS.+AGE/)
    expect(newest).toMatch(/^4 .+succeeded.+ (s|min)$/)
  })

  test('only the jobs of a status are shown when asked', async () => {
    expect((await json<Job[]>('jobs', '--status', 'failed')).map(({ number }) => number)).toEqual([2])
  })

  test('runs show the runs of the jobs', async () => {
    const runs = await json<{ id: string }[]>('runs')
    const jobs = await json<Job[]>('jobs')
    expect(runs.map(({ id }) => id).sort()).toEqual(jobs.map(({ runId }) => runId).sort())
  })

  test('a job is meant by its number, with or without #, by its id, or as the last', async () => {
    const [last] = await json<Job[]>('jobs')
    for (const word of ['4', '#4', last?.id ?? '', 'last'])
      expect((await cli('logs', word)).stdout).toContain('训练完成')
  })

  test('a reader who has seen enough ends the log, and that is no error', async () => {
    await script('long.py', ['for i in range(200_000): print("line", i)'])
    await cli('run', 'long.py', '--no-pin')
    const piped = 'set -o pipefail; "$0" "$1" logs last | head -n 2'
    const { code, stdout, stderr } = await start('bash', ['-c', piped, process.execPath, novabrain], {
      env: variables(),
      cwd: work,
    }).ended
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringMatching(/line 0/) as string, stderr: '' })
  })

  test('what follows two dashes is for the program alone, also what would be ours', async () => {
    await script('echo.py', ['import sys', 'print("given", sys.argv[1:])'])
    const { code, stdout } = await cli('run', 'echo.py', '--no-pin', '--', '--json', '--lang', 'zh-CN')
    expect(code).toBe(0)
    expect(stdout).toContain("given ['--json', '--lang', 'zh-CN']")
    expect(stdout).toMatch(/Submitted as #\d+\./)
  })

  test.each([['jobs'], ['runs'], ['nodes'], ['queues'], ['projects'], ['members'], ['tenants'], ['keys'], ['doctor']])(
    '%s is a list as JSON, and a table in Chinese',
    async (command) => {
      const list = await json<unknown[]>(command)
      expect(list.length).toBeGreaterThan(0)
      const table = await cli(command, '--lang', 'zh-CN')
      expect(table.stdout).toMatch(/[\u4e00-\u9fff]/)
      expect(table.stdout.trim().split('\n').length).toBeGreaterThan(1)
    },
  )
})

test('the history of a queue speaks as its options do', async () => {
  expect((await cli('queues', 'set', 'night', '--gpus', '1.5', '--weight', '2')).code).toBe(0)
  const order = ['--order', 'predicted', '--people', 'alike', '--patience', '12h', '--reason', 'short work by night']
  expect((await cli('queues', 'set', 'night', '--gpus', 'none', ...order)).code).toBe(0)
  const { code, stdout } = await cli('queues', 'history', 'night')
  expect(code).toBe(0)
  for (const line of [
    'gpus: 1.5 → none',
    'order: cluster → predicted',
    'people: fair → alike',
    'patience: none → 12 h',
  ])
    expect(stdout).toContain(line)
  expect(stdout).toContain('short work by night')
})

describe('a job that waits and one that runs', () => {
  let flag: string
  let holder: Job
  let waiting: Job

  beforeAll(async () => {
    flag = join(scratch, 'go')
    holder = await json<Job>('run', 'wait.py', flag, '--gpus', '2', '--no-pin', '--detach')
    const follower = begin(['logs', '-f', String(holder.number)])
    await follower.until('before')
    follower.process.kill('SIGTERM')
    waiting = await json<Job>('run', 'train.py', '--gpus', '2', '--no-pin', '--detach')
  })

  test('why says for whom it waits and what would start it', async () => {
    const why = await json<Explanation>('why', String(waiting.number))
    expect(why).toMatchObject({ status: 'queued' })
    expect(why.reason).not.toBe('ready')
    const { stdout } = await cli('why', String(waiting.number))
    expect(stdout).toContain(`[${why.reason}]`)
    expect((await cli('why', String(waiting.number), '--lang', 'zh-CN')).stdout).toMatch(/[\u4e00-\u9fff]{4}/)
  })

  test('nodes say who holds the devices', async () => {
    expect((await cli('nodes')).stdout).toContain(`#${String(holder.number)} wait.py`)
  })

  test('a stop ends it, and a second stop says that it has ended', async () => {
    expect((await cli('stop', String(waiting.number))).stdout).toContain('is being stopped')
    const again = await cli('stop', String(waiting.number), '--lang', 'zh-CN')
    expect(again.stdout).toContain('已经结束：已取消')
    expect(await json<Job>('stop', String(waiting.number))).toMatchObject({ status: 'cancelled' })
  })

  test('logs -f goes on to the end and gives its outcome', async () => {
    const follower = begin(['logs', '-f', `#${String(holder.number)}`])
    await follower.until('before')
    await writeFile(flag, '')
    const { code, stdout } = await follower.ended
    expect(code).toBe(0)
    expect(stdout).toContain('after')
    expect(await json<{ log: string }>('logs', '-f', String(holder.number))).toMatchObject({
      log: expect.stringContaining('after') as string,
    })
  })

  test('why of a job that has ended says how, and never that it is ready', async () => {
    const failed = await cli('why', '2')
    expect(failed.stdout).toContain('[exit_code]')
    expect(failed.stdout).toContain('Evidence')
    expect((await cli('why', '1')).stdout).toContain('[succeeded]')
  })
})

describe('env', () => {
  test('pins an environment, sees its drift, and brings it back with a kernel', async () => {
    const pinned = await json<{ status: string; pin: { digest: string } }>('env', 'pin')
    expect(pinned.status).toBe('pinned')
    const { digest } = pinned.pin
    expect((await cli('env', 'pin')).stdout).toContain(digest)
    expect(await cli('env', 'diff')).toMatchObject({ code: 0, stdout: 'The environment is as pinned.\n' })
    expect((await cli('env', 'diff', '--lang', 'zh-CN')).stdout).toContain('一致')

    await program(uv, 'pip', 'uninstall', '--quiet', '--python', join(venv, 'bin/python'), 'ipykernel')
    const drifted = await cli('env', 'diff', digest.slice(0, 10))
    expect(drifted).toMatchObject({ code: 1, stdout: '- ipykernel 7.1.0\n' })
    expect(await json('env', 'diff', digest)).toMatchObject({ removed: [{ name: 'ipykernel', version: '7.1.0' }] })

    const folder = join(scratch, 'again')
    const restored = await cli('env', 'restore', digest.slice(0, 10), '--into', folder)
    expect(restored).toMatchObject({ code: 0 })
    expect(restored.stdout).toContain(`Restored in ${folder}`)
    expect(await cli('env', 'diff', digest, '--python', join(folder, 'bin/python'))).toMatchObject({ code: 0 })
    const kernels = await readdir(join(scratch, '.local/share/jupyter/kernels'))
    expect(kernels).toEqual([`novabrain-${digest.slice(0, 12)}`])
  })

  test('says what it does not know', async () => {
    expect(await cli('env', 'restore', 'ffff')).toMatchObject({
      code: 2,
      stderr: 'There is no pin that begins with ffff.\n',
    })
    expect((await cli('env', 'wash')).stderr).toContain('Usage: novabrain env pin')
  })
})

describe('people and keys', () => {
  test('a key is shown once, works, and is good for nothing once revoked', async () => {
    const key = await json<{ id: string; token: string }>('keys', 'create', 'nightly', '--expires', '2099-01-31')
    const withKey = (...args: string[]) => begin(args, { NOVABRAIN_URL: url, NOVABRAIN_TOKEN: key.token }).ended
    expect(await withKey('jobs')).toMatchObject({ code: 0 })
    expect((await cli('keys')).stdout).not.toContain(key.token)
    expect((await cli('keys', 'revoke', key.id)).stdout).toContain('"nightly"')
    expect(await withKey('jobs')).toMatchObject({ code: 1 })
  })

  test('a member is added with a role, and can be given a key', async () => {
    expect((await cli('members', 'add', 'lin', '--role', 'viewer')).code).toBe(0)
    const key = await json<{ token: string }>('keys', 'create', 'laptop', '--member', 'lin')
    const asLin = (...args: string[]) => begin(args, { NOVABRAIN_URL: url, NOVABRAIN_TOKEN: key.token }).ended
    expect((await asLin('projects', '--json')).stdout).toContain('"viewer"')
    const refused = await asLin('run', 'train.py', '--no-pin')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('What to do')
  })

  test('a project is made and chosen by its name', async () => {
    expect((await cli('projects', 'create', 'fraud')).code).toBe(0)
    expect(await json('jobs', '--project', 'fraud')).toEqual([])
    expect((await cli('jobs', '--project', 'fraud')).stdout).toBe('Nothing here yet.\n')
  })

  test('a tenant is made on the machine of the server, and its owner sees nothing of the first', async () => {
    const made = await json<{ token: string }>('tenants', 'create', 'radiology')
    const asOwner = (...args: string[]) => begin(args, { NOVABRAIN_URL: url, NOVABRAIN_TOKEN: made.token }).ended
    expect(JSON.parse((await asOwner('projects', '--json')).stdout)).toMatchObject([{ role: 'owner' }])
    expect((await asOwner('jobs')).stdout).toBe('Nothing here yet.\n')
    expect(await asOwner('run', 'train.py', '--no-pin')).toMatchObject({ code: 0 })
    expect(await cli('tenants', 'create', 'radiology')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/already/) as string,
    })
    expect((await cli('tenants', 'create', 'No Name', '--lang', 'zh-CN')).stderr).toContain('不能作为名称')
  })

  test('login keeps a key that works, readable for its owner alone', async () => {
    const key = await json<{ token: string }>('keys', 'create', 'other-machine')
    const elsewhere = join(scratch, 'elsewhere')
    const signingIn = begin(['login', '--url', url], { NOVABRAIN_HOME: elsewhere })
    signingIn.process.stdin?.end(`${key.token}\n`)
    expect((await signingIn.ended).stdout).toContain('Signed in as')
    expect((await begin(['jobs', '--json'], { NOVABRAIN_HOME: elsewhere }).ended).code).toBe(0)
    const stray = await begin(['jobs'], { NOVABRAIN_HOME: elsewhere, NOVABRAIN_URL: 'http://127.0.0.1:9' }).ended
    expect(stray).toMatchObject({ code: 2 })
    expect(stray.stderr).toContain('No API key is known here')
  })
})

describe('what goes wrong is said in a sentence, with a code for scripts', () => {
  const cases: readonly (readonly [string, string[], Record<string, string>, number, string, RegExp])[] = [
    ['no server', ['jobs'], { NOVABRAIN_HOME: '/nowhere' }, 2, 'No server is known here', /没有已知的服务器/],
    [
      'a server that does not answer',
      ['jobs'],
      { NOVABRAIN_URL: 'http://127.0.0.1:9', NOVABRAIN_TOKEN: 'nb_x' },
      2,
      'No answer from http://127.0.0.1:9. Is the server running?',
      /没有得到响应/,
    ],
    ['a wrong key', ['jobs'], { NOVABRAIN_TOKEN: 'nb_wrong' }, 1, 'What to do', /处理方法/],
    ['an unknown job', ['logs', '4711'], {}, 2, 'There is no job "4711"', /没有作业/],
    ['an unknown command', ['fly'], {}, 2, 'There is no command "fly"', /没有命令/],
    ['an unknown option', ['jobs', '--colour'], {}, 2, 'There is no option --colour here', /没有选项/],
    [
      'an option of the script',
      ['run', 'train.py', '--epochs', '5'],
      {},
      2,
      'novabrain run train.py -- --epochs 5',
      /“--”/,
    ],
    ['an option without its value', ['run', 'train.py', '--gpus'], {}, 2, '--gpus', /写法不对/],
    [
      'more GPUs than there are',
      ['run', 'train.py', '--gpus', '99', '--no-pin'],
      {},
      1,
      '[resources_never_available]',
      /处理方法/,
    ],
    ['no such file', ['run', 'gone.py'], {}, 2, 'There is no file gone.py', /没有文件/],
    ['a folder', ['run', '.'], {}, 2, 'is a folder; name the script or notebook to run, such as ', /文件夹/],
    ['an empty file', ['run', 'empty.py'], {}, 2, 'empty.py is empty', /是空的/],
    ['a broken notebook', ['run', 'broken.ipynb'], {}, 1, '[notebook_broken]', /处理方法/],
    [
      'a Python that is not there',
      ['run', 'train.py', '--python', '/no/python'],
      {},
      1,
      '[python_not_found]',
      /处理方法/,
    ],
    ['a project that is not there', ['jobs', '--project', 'moon'], {}, 2, 'There is no project "moon"', /项目/],
    ['a size without a unit', ['run', 'train.py', '--memory', '16'], {}, 2, '--memory takes a size', /需要大小/],
    ['a backup that is not there', ['restore', 'nothing'], {}, 2, 'There is no file', /没有文件/],
    ['a restore beside the server', ['restore', 'backup-of-nothing'], {}, 2, 'stop it first', /请先停止/],
    [
      'a configuration with faults',
      ['serve'],
      { NOVABRAIN_GPUS: '4', NOVABRAIN_LEASEMS: '1' },
      2,
      'NOVABRAIN_LEASEMS is not known; is `NOVABRAIN_LEASE_MS` meant?',
      /配置无法使用：[^]*NOVABRAIN_GPUS 的值为/,
    ],
    ['a second server', ['serve'], {}, 2, 'A server already runs on', /已在运行/],
  ]

  beforeAll(async () => {
    await writeFile(join(work, 'empty.py'), '')
    await writeFile(join(work, 'broken.ipynb'), '{"nbformat": 4, "cells": [')
    await mkdir(join(work, 'backup-of-nothing'))
    await writeFile(join(work, 'backup-of-nothing/manifest.json'), '{}')
  })

  test.each(cases)('%s', async (_, args, env, code, english, chinese) => {
    const plain = await begin(args, env).ended
    expect(plain).toMatchObject({ code })
    expect(plain.stderr).toContain(english)
    expect(plain.stderr).not.toMatch(/\n\s+at /)
    const asJson = await begin([...args.slice(0, 2), '--json', ...args.slice(2)], env).ended
    if (args.at(-1)?.startsWith('--') === false) expect(JSON.parse(asJson.stdout)).toHaveProperty('error')
    const asChinese = await begin([args[0] ?? '', '--lang', 'zh-CN', ...args.slice(1)], env).ended
    expect(asChinese.stderr).toMatch(chinese)
  })
})

test('a server says which part of its surroundings it cannot start without', async () => {
  const starting = (env: Record<string, string>, ...args: string[]) =>
    begin(['serve', ...args], { NOVABRAIN_HOME: join(scratch, 'half-way'), ...env }).ended
  const away = { NOVABRAIN_DATABASE_URL: 'postgresql://me:hidden@127.0.0.1:9/x' }
  const [english, chinese] = [await starting(away), await starting(away, '--lang', 'zh-CN')]
  expect(english).toMatchObject({ code: 2 })
  expect(english.stderr).toContain('The database postgresql://me@127.0.0.1:9/x cannot be used: connect ECONNREFUSED')
  expect(chinese.stderr).toContain('无法使用数据库')
  expect(english.stderr + english.stdout).not.toContain('hidden')
  // An address that is documentation's and nobody's.
  expect((await starting({}, '--host', '203.0.113.9')).stderr).toContain('cannot listen on 203.0.113.9:7077')
  expect(await processesWith(join(scratch, 'half-way'))).toEqual([])
})

test('the standard variables turn traces on, and all that is left is sent before the server has stopped', async () => {
  const received: string[] = []
  const collector = createServer((incoming, answer) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      received.push(`${incoming.url ?? ''} ${Buffer.concat(chunks).toString('latin1')}`)
      answer.end()
    })
  })
  await new Promise<void>((done) => collector.listen(0, '127.0.0.1', done))
  const address = `http://127.0.0.1:${String((collector.address() as AddressInfo).port)}`
  const traced = join(scratch, 'traced')
  const standard = { OTEL_EXPORTER_OTLP_ENDPOINT: address, OTEL_SERVICE_NAME: 'hospital' }
  const serving = begin(['serve', '--port', '0'], { NOVABRAIN_HOME: traced, ...standard })
  await serving.until('NovaBrain listens on ')
  const jobs = await begin(['jobs', '--json'], { NOVABRAIN_HOME: traced }).ended
  serving.process.kill('SIGTERM')
  expect([jobs.stdout, (await serving.ended).code]).toEqual(['[]\n', 0])
  collector.close()
  const traces = received.filter((request) => request.startsWith('/v1/traces ')).join('')
  for (const word of ['GET /v1/me', 'database transaction', 'hospital']) expect(traces).toContain(word)
})

test('how a command is used is told to programs too', async () => {
  expect(await json('run', '--help')).toEqual({ usage: expect.stringContaining('novabrain run FILE') as string })
})

test('it says its version, to programs too', async () => {
  const { version } = JSON.parse(await readFile(join(__dirname, '../../package.json'), 'utf8')) as { version: string }
  expect(await cli('--version')).toMatchObject({ code: 0, stdout: `novabrain ${version}\n` })
  expect(await json('--version')).toEqual({ version })
})

describe('doctor', () => {
  test('names its checks for programs alike in every language', async () => {
    const checksIn = (lang: string) => json<{ id: string; check: string; ok: boolean }[]>('doctor', '--lang', lang)
    const [english, chinese] = [await checksIn('en'), await checksIn('zh-CN')]
    const ids = english.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['node', 'home', 'disk', 'config', 'python', 'uv', 'gpu', 'server']))
    expect(ids).toEqual(expect.arrayContaining(['server.database', 'clock', 'key']))
    expect(new Set(ids).size).toBe(ids.length)
    expect(chinese.map(({ id }) => id)).toEqual(ids)
    expect(chinese.find(({ id }) => id === 'disk')?.check).toBe('可用磁盘')
  })

  test('finds what the server uses, and all is well', async () => {
    const { code, stdout } = await cli('doctor')
    expect(stdout).toMatch(/uv +ok +uv \d/)
    expect(stdout).toMatch(/server +ok/)
    expect(code).toBe(0)
  })

  test('says what is missing and what to do', async () => {
    const env = { NOVABRAIN_HOME: join(scratch, 'empty-home'), NOVABRAIN_UV_PATH: '/no/uv', NOVABRAIN_PORT: 'many' }
    const { code, stdout } = await begin(['doctor'], env).ended
    expect(code).toBe(1)
    expect(stdout).toMatch(/configuration +✗.+NOVABRAIN_PORT/)
    expect(stdout).toMatch(/server +✗.+npm run up/)
  })
})

describe('a job is submitted once', () => {
  let proxy: Server | null = null
  afterEach(() => new Promise((done) => (proxy === null ? done(null) : proxy.close(done))))

  test('though the server is killed before its answer arrives, and comes back', async () => {
    const before = (await json<Job[]>('jobs')).length
    let taken = 0
    proxy = createServer((incoming, answer) => {
      const submits = incoming.method === 'POST' && incoming.url?.endsWith('/jobs') === true
      const target = new URL(incoming.url ?? '/', url)
      const forwarded = request(target, { method: incoming.method, headers: incoming.headers }, (reply) => {
        if (submits && (taken += 1) === 1) return void killAndStartAgain().then(() => answer.destroy())
        answer.writeHead(reply.statusCode ?? 500, reply.headers)
        reply.pipe(answer)
      })
      forwarded.on('error', () => answer.destroy())
      incoming.pipe(forwarded)
    })
    await new Promise<void>((done) => proxy?.listen(0, '127.0.0.1', done))
    const killAndStartAgain = async () => {
      server?.process.kill('SIGKILL')
      await server?.ended
      ;({ server, url } = await serve(home, Number(new URL(url).port)))
    }
    const { token } = JSON.parse(await readFile(join(home, 'credentials.json'), 'utf8')) as { token: string }
    const address = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`
    const env = { NOVABRAIN_URL: address, NOVABRAIN_TOKEN: token }
    const { code, stderr } = await begin(['run', 'train.py', '--no-pin'], env).ended
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(taken).toBe(2)
    expect((await json<Job[]>('jobs')).length).toBe(before + 1)
  })
})

describe('clearing up', () => {
  test('is told before it is done, in both languages, beside a running server', async () => {
    expect((await cli('gc', '--dry-run', '--lang', 'zh-CN')).stdout).toContain('未做任何更改')
    expect(await json('gc', '--dry-run', '--older-than', '0s')).toMatchObject({ runs: 0, needed: 0 })
    expect(await json('gc')).toMatchObject({ runs: 0, blobsRemoved: 0 })
    expect(await cli('gc', '--older-than', 'soon')).toMatchObject({ code: 2 })
  })
})

describe('backup and restore', () => {
  test('a folder kept while the server runs fills another server, which then knows the same jobs', async () => {
    const folder = join(scratch, 'kept')
    const kept = await json<{ tables: { rows: number }[] }>('backup', folder)
    expect(existsSync(join(folder, 'manifest.json'))).toBe(true)
    expect((await cli('backup', join(scratch, 'kept-too'), '--lang', 'zh-CN')).stdout).toContain('已将')

    const other = join(scratch, 'other-home')
    const brought = await begin(['restore', folder, '--json'], { NOVABRAIN_HOME: other }).ended
    expect(JSON.parse(brought.stdout)).toMatchObject({ tables: kept.tables })
    const second = await serve(other)
    const there = await begin(['jobs', '--json'], { NOVABRAIN_HOME: other }).ended
    second.server.process.kill('SIGTERM')
    await second.server.ended
    const numbers = (jobs: Job[]) => jobs.map(({ number, status }) => [number, status])
    expect(numbers(JSON.parse(there.stdout) as Job[])).toEqual(numbers(await json<Job[]>('jobs')))
    expect((await begin(['restore', folder], { NOVABRAIN_HOME: other }).ended).code).not.toBe(0)
  })
})
