import { restore } from '../../extensions/vscode/src/commands/environment.js'
import type { Platform } from '../../extensions/vscode/src/platform/platform.js'
import { createSession } from '../../extensions/vscode/src/session.js'
import { anApp, anEditor, aPlatform, aServer, projectId } from './an-editor.js'

const digest = 'd'.repeat(64)
const pins = `/v1/projects/${projectId}/environment-pins/${digest}`
const pin = { digest, pythonVersion: '3.11.7', packages: [{ name: 'numpy', version: '2.0.0' }] }
const answers = aServer({
  [`GET ${pins}`]: pin,
  [`GET ${pins}/lock`]: new TextEncoder().encode('numpy==2.0.0 --hash=sha256:00'),
})

/** Restore the pin where `there` tells which commands can be started; gives what was said and run. */
const restored = async (
  there: (command: string) => boolean,
  change: (cancel: () => void) => Partial<Platform> = () => ({}),
) => {
  const [tried, ran]: [string[], string[]] = [[], []]
  const fake = anEditor({ environment: { HOME: '/home/ada' } })
  fake.secrets.set('token:http://nova.test', 'nb_kept')
  const { platform } = aPlatform(answers, {
    firstPython: () => Promise.resolve('python3'),
    firstCommand: async (candidates) => {
      tried.push(...candidates.map((each) => each.join(' ')))
      return candidates.find((each) => there(each.join(' '))) ?? null
    },
    runCommand: (command) => {
      ran.push(command.join(' '))
      return Promise.resolve('')
    },
    ...change(fake.cancel),
  })
  const session = createSession(fake.editor, platform)
  await restore(anApp({ editor: fake.editor, platform, session }), { pinDigest: digest })
  session.dispose()
  return { told: fake.told.join('\n'), tried, ran }
}

describe('restoring a pinned environment', () => {
  test('uv is looked for on the path, where its installer puts it, and in the chosen Python', async () => {
    const { told, tried, ran } = await restored((command) => command === 'python3 -m uv')
    expect(tried).toEqual(['uv', '/home/ada/.local/bin/uv', 'python3 -m uv'])
    const folder = `/home/ada/study/.venvs/novabrain-${digest.slice(0, 12)}`
    expect(ran).toEqual([
      `python3 -m uv venv --no-project --allow-existing --python 3.11 ${folder}`,
      expect.stringMatching(/^python3 -m uv pip sync --require-hashes .*\.lock$/),
      `python3 -m uv pip install --python ${folder}/bin/python ipykernel`,
      expect.stringMatching(/-m ipykernel install --user --name novabrain-d{12} /),
    ])
    expect(told).toContain(`The environment is in .venvs/novabrain-${digest.slice(0, 12)}`)
  })

  test('without uv it says how to get it, and starts nothing', async () => {
    const { told, ran } = await restored(() => false)
    expect(told).toContain('uv was not found')
    expect(told).toContain('pip install uv')
    expect(ran).toEqual([])
  })

  test('what uv ended with is told, with what to do', async () => {
    const fault = () => Promise.reject(new Error('error: Failed to fetch: https://index.test/simple/numpy/'))
    const { told } = await restored(
      () => true,
      () => ({ runCommand: fault }),
    )
    expect(told).toContain('The environment could not be recreated: error: Failed to fetch')
    expect(told).toContain('UV_INDEX_URL')
  })

  test('who cancels is told nothing, and no further step begins', async () => {
    let steps = 0
    const { told } = await restored(
      () => true,
      (cancel) => ({
        runCommand: () => {
          steps += 1
          cancel()
          return Promise.reject(new Error('The operation was aborted'))
        },
      }),
    )
    expect(told).toBe('')
    expect(steps).toBe(1)
  })
})
