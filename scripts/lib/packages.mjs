import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './places.mjs'
import { run } from './run.mjs'
import { t } from './texts.mjs'

const packagesOf = (file) => {
  const place = path.join(root, file)
  return existsSync(place) ? JSON.parse(readFileSync(place, 'utf8')).packages : {}
}

/** Whether what npm says it has installed is what the lock file wants; packages for other machines may be missing. */
export const packagesAreInstalled = () => {
  const installed = packagesOf('node_modules/.package-lock.json')
  return Object.entries(packagesOf('package-lock.json')).every(([place, { version, optional }]) => {
    if (place === '') return true
    const found = installed[place]
    return found === undefined ? optional === true : found.version === version
  })
}

/** Install the npm packages of the lock file, unless that was done. */
export const ensurePackages = async () => {
  if (packagesAreInstalled()) return t('steps.upToDate')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  await run(npm, ['ci', '--no-audit', '--no-fund'], { cwd: root, shell: process.platform === 'win32' })
  return t('steps.installed')
}
