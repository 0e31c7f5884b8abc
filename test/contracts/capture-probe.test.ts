import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  captureWorkspace,
  parseProbe,
  ProbeError,
  probeProgram,
  readFile,
  type CaptureHost,
} from '@novabrain/contracts'

const python = process.env['NOVABRAIN_PYTHON'] ?? 'python3'

const runPython = (program: string, environment: Record<string, string> = {}): string => {
  const done = spawnSync(python, ['-'], { input: program, encoding: 'utf8', env: { ...process.env, ...environment } })
  if (done.error) throw done.error
  return done.stdout + done.stderr
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

let asked: string[] = []
const host: CaptureHost = {
  run: (program) => {
    asked.push(program)
    return Promise.resolve(runPython(program))
  },
  sha256: (bytes) => Promise.resolve(sha256(bytes)),
}

let folder: string
beforeEach(() => {
  asked = []
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'novabrain-capture-')))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const age = (...paths: string[]): void => {
  for (const path of paths) utimesSync(join(folder, path), 1_700_000_000, 1_700_000_000)
}
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })

const capture = (code: string, more: Partial<Parameters<typeof captureWorkspace>[1]> = {}) =>
  captureWorkspace(host, { folder, entrypoint: { path: 'train.py', text: code, code: [code] }, ...more })

const environmentWith = (metadata: Record<string, Record<string, string>>) => {
  for (const [directory, files] of Object.entries(metadata))
    for (const [name, text] of Object.entries(files)) write(`site-packages/${directory}/${name}`, text)
  const { capture: found, problems } = parseProbe(
    runPython(probeProgram({}), { PYTHONPATH: join(folder, 'site-packages') }),
  )
  return { distributions: found?.distributions ?? [], problems }
}

describe('asking an interpreter for its environment', () => {
  test('tells the version, the platform and pip as pip itself does', () => {
    const { capture: found } = parseProbe(runPython(probeProgram({})))
    const said = execFileSync(
      python,
      ['-c', 'import sys,platform; print(platform.python_version(), platform.machine())'],
      {
        encoding: 'utf8',
      },
    )
    expect(`${found?.pythonVersion} ${found?.machine}`).toBe(said.trim())
    const pip = execFileSync(python, ['-c', "from importlib.metadata import version; print(version('pip'))"], {
      encoding: 'utf8',
    })
    expect(found?.distributions).toContainEqual(expect.objectContaining({ name: 'pip', version: pip.trim() }))
  })

  test('names requirements, direct addresses without credentials, editable installs and the installer', () => {
    const { distributions } = environmentWith({
      'Demo_Pkg-1.2.dist-info': {
        METADATA:
          'Metadata-Version: 2.1\nName: Demo_Pkg\nVersion: 1.2\nRequires-Dist: numpy (>=1.0)\n ; extra == "x"\n\nName: wrong\n',
        INSTALLER: 'uv\n',
        'direct_url.json': '{"url":"https://user:secret@example.org/x.whl","archive_info":{}}',
      },
      'edited-0.1.dist-info': {
        METADATA: 'Name: edited\nVersion: 0.1\n',
        'direct_url.json': '{"url":"file:///home/me/edited","dir_info":{"editable":true}}',
      },
    })
    expect(distributions).toContainEqual({
      name: 'Demo_Pkg',
      version: '1.2',
      requires: ['numpy (>=1.0) ; extra == "x"'],
      installer: 'uv',
      directUrl: 'https://example.org/x.whl',
    })
    expect(distributions).toContainEqual({
      name: 'edited',
      version: '0.1',
      editable: true,
      directUrl: 'file:///home/me/edited',
    })
  })

  test('broken metadata is told and the rest is still captured', () => {
    const { distributions, problems } = environmentWith({
      'broken-1.dist-info': { METADATA: '' },
      'garbage-1.dist-info': { METADATA: 'Name: garbage\nVersion: 1\n', 'direct_url.json': '{not json' },
      '~eftover-1.dist-info': { METADATA: '' },
      'good-1.dist-info': { METADATA: 'Name: good\nVersion: 1\n' },
    })
    expect(distributions.map((d) => d.name)).toEqual(expect.arrayContaining(['good', 'pip']))
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'broken-1.dist-info',
      'garbage-1.dist-info',
    ])
  })

  test('CUDA is read from the files of torch without importing it', () => {
    write('site-packages/torch/version.py', "__version__ = '2.4.0+cu124'\ncuda: Optional[str] = '12.4'\n")
    write('site-packages/torch/__init__.py', 'raise SystemExit("torch was imported")\n')
    const answer = parseProbe(runPython(probeProgram({}), { PYTHONPATH: join(folder, 'site-packages') }))
    expect(answer.capture?.cudaVersion).toBe('12.4')
  })

  test('the namespace of a kernel stays as it was', () => {
    const program = `before = set(globals())\n${probeProgram({})}\nprint("left", sorted(set(globals()) - before - {"before"}))`
    expect(runPython(program)).toContain('left []')
  })

  test('an interpreter that says nothing, or half of it, is an error with its last words', () => {
    expect(() => parseProbe('Traceback: no module named json')).toThrow(/no module named json/)
    const output = runPython(probeProgram({}))
    expect(() => parseProbe(output.slice(0, output.length / 2))).toThrow(ProbeError)
  })

  test('a folder that is not there is an error that names it', async () => {
    await expect(
      captureWorkspace(host, { folder: join(folder, 'gone'), entrypoint: { path: 'a.py', text: '', code: [] } }),
    ).rejects.toThrow(/no folder .*gone/)
  })
})

describe('capturing a workspace', () => {
  test('takes the code from the editor, local modules through each other, and files that strings name', async () => {
    write('train.py', 'the file on disk is older')
    write('helpers/__init__.py', 'from .deep import f\n')
    write('helpers/deep.py', 'import util\nPATH = "data/lookup.csv"\n')
    write('util.py', 'import helpers\n')
    write('unused.py', '')
    write('data/lookup.csv', 'a')
    write('data/train.csv', 'abc')
    write('data/other.csv', 'abc')
    write('requirements.txt', 'numpy\n')
    const code = 'import helpers\nfrom pathlib import Path\nPath("data") / "train.csv"\n'
    const workspace = await capture(code)
    expect(workspace.files.map((file) => [file.path, file.reason])).toEqual([
      ['train.py', 'entrypoint'],
      ['helpers/__init__.py', 'imported'],
      ['helpers/deep.py', 'imported'],
      ['util.py', 'imported'],
      ['requirements.txt', 'project_file'],
      ['data/lookup.csv', 'mentioned'],
      ['data/train.csv', 'mentioned'],
    ])
    expect(workspace.files[0]?.digest).toBe(sha256(code))
    expect(workspace.files.at(-1)?.digest).toBe(sha256('abc'))
  })

  test('a piece that does not parse is still followed by its import lines', async () => {
    write('a.py', '')
    write('b/c.py', '')
    const workspace = await capture('import a\nfrom b import c\nthis is not python(\nopen("a.py")')
    expect(workspace.files.map((file) => file.path)).toEqual(['train.py', 'a.py', 'b/c.py'])
  })

  test('git tells commit, branch, remote without credentials, the patch without secrets, and what it ignores', async () => {
    git('init', '-q', '-b', 'main')
    write('.gitignore', 'data/\n')
    write('util.py', 'x = 1\n')
    write('.env', 'SECRET=one\n')
    git('add', '-A')
    git('commit', '-q', '-m', 'first')
    git('remote', 'add', 'origin', 'https://me:token@example.org/repo.git')
    write('util.py', 'x = 2\n')
    write('.env', 'SECRET=two\n')
    write('data/train.csv', 'abc')
    const workspace = await capture('import util\nopen("data/train.csv")')
    expect(workspace.git).toMatchObject({
      commit: git('rev-parse', 'HEAD').trim(),
      branch: 'main',
      remote: 'https://example.org/repo.git',
      dirty: true,
    })
    const patch = Buffer.from(workspace.inMemory.get(workspace.git?.patchDigest ?? '') ?? []).toString()
    expect(patch).toContain('+x = 2')
    expect(patch).not.toContain('SECRET')
    expect(workspace.excluded).toEqual(
      expect.arrayContaining([
        { path: 'data/train.csv', sizeBytes: 3, reason: 'gitignored' },
        { path: '.env', sizeBytes: 11, reason: 'secret' },
      ]),
    )
    expect(workspace.files.map((file) => file.path)).toEqual(['train.py', 'util.py'])
  })

  test('a clean repository has no patch, and one without a commit has a branch', async () => {
    git('init', '-q', '-b', 'main')
    write('a.py', '')
    expect((await capture('')).git).toMatchObject({ commit: null, branch: 'main', dirty: true, patchDigest: null })
    git('add', '-A')
    git('commit', '-q', '-m', 'first')
    expect((await capture('')).git).toMatchObject({ dirty: false, patchDigest: null })
  })

  test('what lies outside the folder is told and never read', async () => {
    const outside = realpathSync(mkdtempSync(join(tmpdir(), 'novabrain-outside-')))
    writeFileSync(join(outside, 'x.csv'), 'abc')
    symlinkSync(join(outside, 'x.csv'), join(folder, 'link.csv'))
    const workspace = await capture(`open(${JSON.stringify(join(outside, 'x.csv'))}); open("link.csv")`)
    expect(workspace.files.map((file) => file.path)).toEqual(['train.py'])
    expect(workspace.excluded).toEqual(
      expect.arrayContaining([
        { path: join(outside, 'x.csv'), sizeBytes: 3, reason: 'outside_folder' },
        expect.objectContaining({ path: 'link.csv', reason: 'outside_folder' }),
      ]),
    )
    await expect(readFile(host, folder, 'link.csv')).rejects.toThrow(/leaves the folder/)
    rmSync(outside, { recursive: true })
  })

  test('an unchanged workspace is captured with one question, and a changed file is read again', async () => {
    write('util.py', 'x = 1\n')
    age('util.py')
    const first = await capture('import util')
    expect(asked).toHaveLength(2)
    const second = await capture('import util', { known: first.known })
    expect(asked).toHaveLength(3)
    expect(second.files).toEqual(first.files)
    expect(second.captureDigest).toBe(first.captureDigest)
    write('util.py', 'x = 2\n')
    const third = await capture('import util', { known: second.known })
    expect(third.files[1]?.digest).toBe(sha256('x = 2\n'))
  })

  test('a file written a moment ago is not trusted by its time', async () => {
    write('util.py', 'x = 1\n')
    const soon = new Date(Date.now() + 60_000)
    utimesSync(join(folder, 'util.py'), soon, soon)
    expect((await capture('import util')).known).toEqual({})
  })

  test('a named secret goes along, a missing name is told, an executable stays one', async () => {
    write('.env', 'A=1')
    write('run.sh', '#!/bin/sh\n')
    chmodSync(join(folder, 'run.sh'), 0o755)
    const workspace = await capture('', { named: ['.env', 'run.sh', 'gone.csv'] })
    expect(workspace.files.slice(1)).toEqual([
      expect.objectContaining({ path: '.env', reason: 'named' }),
      expect.objectContaining({ path: 'run.sh', executable: true }),
    ])
    expect(workspace.missing).toEqual(['gone.csv'])
    expect(workspace.excluded).toEqual([])
  })

  test('names and text beyond ASCII arrive as they are', async () => {
    write('数据/表😀.csv', '值')
    const workspace = await capture('open("数据/表😀.csv")')
    expect(workspace.files[1]).toMatchObject({ path: '数据/表😀.csv', digest: sha256('值') })
    expect(Buffer.from(await readFile(host, folder, '数据/表😀.csv')).toString()).toBe('值')
  })

  test('a file of several parts is read whole', async () => {
    const bytes = Buffer.from(Array.from({ length: 600_001 }, (_, index) => (index * 7) % 256))
    writeFileSync(join(folder, 'x.bin'), bytes)
    expect(sha256(await readFile(host, folder, 'x.bin'))).toBe(sha256(bytes))
  })

  test('a large folder is cut and said so', async () => {
    for (let index = 0; index < 5010; index += 1) write(`many/${index}.txt`, '')
    expect((await capture('')).warnings).toContain('too_many_files')
  })
})
