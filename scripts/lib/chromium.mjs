import { existsSync } from 'node:fs'
import { run } from './run.mjs'
import { Unavailable } from './steps.mjs'
import { t } from './texts.mjs'

const places = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const find = () => places.find((place) => place !== undefined && existsSync(place))

/** The browser for end-to-end tests; on Debian, as root, it is installed when missing. */
export const ensureChromium = async () => {
  const found = find()
  if (found !== undefined) return { chromium: found, remark: found }
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) throw new Unavailable(t('missing.chromium'))
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  const install = ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-noto-cjk']
  await run('apt-get', ['update', '-qq'], options)
    .then(() => run('apt-get', install, options))
    .catch((error) => {
      throw new Unavailable(t('missing.chromiumInstall', { detail: error.message }))
    })
  return { chromium: find(), remark: t('steps.installed') }
}
