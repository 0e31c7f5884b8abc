// npm run package:vscode: the extension for VS Code as one file to install, in extensions/vscode/dist.
import { ensurePackages } from './lib/packages.mjs'
import { createSteps } from './lib/steps.mjs'
import { t } from './lib/texts.mjs'

/** Somebody installs this over a slow line. */
const mostBytes = 500_000

const step = createSteps(2)
await step(t('step.packages'), ensurePackages)
const { buildVsix } = await import('./lib/vscode-extension.mjs')
const made = await step(t('step.vscodeExtension'), buildVsix)
if (made === null) process.exit(1)
console.log(`${made.vsix}\n${(made.bytes / 1000).toFixed(1)} kB`)
if (made.bytes > mostBytes) {
  console.error(t('vsix.tooLarge', { kilobytes: mostBytes / 1000 }))
  process.exit(1)
}
