import { existsSync } from 'node:fs'
import path from 'node:path'
import { root } from './places.mjs'
import { run } from './run.mjs'
import { Unavailable } from './steps.mjs'
import { t } from './texts.mjs'
import { vscodeFolder, vsixFile } from './vscode-names.mjs'
import { packageVsix } from './vsix.mjs'

/** Bundle the extension for VS Code and package it. Gives its path and its size. */
export const buildVsix = async () => {
  const script = path.join(vscodeFolder, 'build.mjs')
  if (!existsSync(script)) throw new Unavailable(t('missing.vsixScript'))
  await run(process.execPath, [script], { cwd: root }).catch((error) => {
    throw new Unavailable(t('missing.wheel', { detail: error.output?.trim() ?? error.message }))
  })
  const out = vsixFile()
  const { bytes } = packageVsix(vscodeFolder, out)
  return { vsix: out, bytes, remark: `${path.basename(out)}, ${(bytes / 1000).toFixed(1)} kB` }
}
