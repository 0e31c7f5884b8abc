import { isSecretPath, selectFiles, type SelectionRequest } from '@novabrain/contracts'

const file = (path: string, sizeBytes = 10) => ({ path, sizeBytes, mtimeUs: 1, executable: false })

const select = (
  paths: readonly (string | ReturnType<typeof file>)[],
  more: Partial<SelectionRequest['folder']> & Partial<Omit<SelectionRequest, 'folder'>> = {},
) => {
  const { ignored = [], modules = [], mentions = [], outside = [], skipped = [], ...rest } = more
  const files = paths.map((path) => (typeof path === 'string' ? file(path) : path))
  return selectFiles({
    folder: { path: '/home/me/project', files, ignored, modules, mentions, outside, skipped },
    entrypoint: { path: 'nb/train.ipynb', sizeBytes: 100 },
    ...rest,
  })
}
const chosen = (...args: Parameters<typeof select>) => select(...args).files.map((f) => f.path)

describe('which files go along', () => {
  test('strings name files from the folder, from beside the entrypoint, and by absolute path', () => {
    const paths = ['data/a.csv', 'nb/b.csv', 'c.csv', 'nb/train.ipynb', 'unrelated.csv']
    expect(chosen(paths, { mentions: ['data/a.csv', './b.csv', '/home/me/project/c.csv'] })).toEqual([
      'c.csv',
      'data/a.csv',
      'nb/b.csv',
    ])
  })

  test('a folder is meant when written with a slash, a glob by what it matches', () => {
    const paths = ['data/a.csv', 'data/deep/b.csv', 'img/1.png', 'img/2.jpg', 'model/w.bin']
    expect(chosen(paths, { mentions: ['data/', 'img/*.png', 'model'] })).toEqual([
      'data/a.csv',
      'data/deep/b.csv',
      'img/1.png',
    ])
  })

  test('the folder itself, a parent and a lone slash mean nothing', () => {
    expect(chosen(['a.csv', 'b/c.csv'], { mentions: ['.', './', '/', '..', '../', '../..', '../../x'] })).toEqual([])
  })

  test('pieces joined by code are recognised only when every piece is there', () => {
    expect(chosen(['data/raw/a.csv', 'other/a.csv'], { mentions: ['data', 'raw', 'a.csv'] })).toEqual([
      'data/raw/a.csv',
    ])
  })

  test('project files go along from the top and from beside the entrypoint', () => {
    const paths = ['pyproject.toml', 'nb/requirements-dev.txt', 'elsewhere/setup.cfg']
    expect(chosen(paths)).toEqual(['nb/requirements-dev.txt', 'pyproject.toml'])
  })

  test('what is too large stays behind even when named; what git ignores and secrets only when not named', () => {
    const paths = [file('big.bin', 50_000_001), file('fits.bin', 50_000_000), file('.env'), file('out/x.csv')]
    const mentions = ['big.bin', 'fits.bin', '.env', 'out/x.csv']
    const unnamed = select(paths, { mentions, ignored: ['out/'] })
    expect(unnamed.files.map((f) => f.path)).toEqual(['fits.bin'])
    expect(unnamed.excluded).toEqual([
      { path: '.env', sizeBytes: 10, reason: 'secret' },
      { path: 'big.bin', sizeBytes: 50_000_001, reason: 'too_large' },
      { path: 'out/x.csv', sizeBytes: 10, reason: 'gitignored' },
    ])
    const named = select(paths, { named: ['.env', 'out', 'big.bin'], ignored: ['out/'] })
    expect(named.files.map((f) => f.path)).toEqual(['.env', 'out/x.csv'])
    expect(named.excluded.map((f) => f.reason)).toEqual(['too_large'])
  })

  test('when the snapshot is full, what matters more has gone first', () => {
    const limits = { fileBytes: 1000, totalBytes: 125, files: 10 }
    const { files, excluded } = select(['m.csv', 'helper.py', 'pyproject.toml'], {
      mentions: ['m.csv'],
      modules: ['helper.py'],
      limits,
    })
    expect(files.map((f) => f.path)).toEqual(['helper.py', 'pyproject.toml'])
    expect(excluded).toEqual([{ path: 'm.csv', sizeBytes: 10, reason: 'snapshot_full' }])
  })

  test('what the user took off the list stays off', () => {
    expect(chosen(['a.csv', 'b.csv'], { mentions: ['a.csv', 'b.csv'], leftOut: ['a.csv'] })).toEqual(['b.csv'])
  })

  test('secrets and tool folders that were seen are told, though nobody asked for them', () => {
    const { excluded } = select(['keys/id_rsa', 'a.py'], { skipped: [{ path: '.venv/', reason: 'tool_folder' }] })
    expect(excluded.map((f) => [f.path, f.reason])).toEqual([
      ['.venv/', 'tool_folder'],
      ['keys/id_rsa', 'secret'],
    ])
  })

  test('the order of a listing changes nothing', () => {
    const paths = ['b.csv', 'a.csv', 'pyproject.toml', 'h.py']
    const more = { mentions: ['a.csv', 'b.csv'], modules: ['h.py'] }
    expect(select([...paths].reverse(), more)).toEqual(select(paths, more))
  })
})

test.each([
  '.env',
  '.env.local',
  'conf/prod.env',
  'server.pem',
  'TLS.KEY',
  'id_rsa',
  'id_ed25519',
  'credentials.json',
  'credentials-prod.json',
  '.netrc',
  '.pypirc',
  'cert.p12',
  'kubeconfig',
  'kubeconfig.yaml',
  '.npmrc',
  'secrets.toml',
])('%s is taken for a secret', (path) => expect(isSecretPath(path)).toBe(true))

test.each(['.env.example', 'id_rsa.pub', 'environment.yml', 'keyboard.py', 'monkey.csv', 'tokenizer.json'])(
  '%s is not taken for a secret',
  (path) => expect(isSecretPath(path)).toBe(false),
)
