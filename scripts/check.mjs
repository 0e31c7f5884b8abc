// npm run check: format, lint, types and unit tests; what every commit passes.
import path from 'node:path'
import { ensurePackages } from './lib/packages.mjs'
import { root } from './lib/places.mjs'
import { run } from './lib/run.mjs'
import { createSteps } from './lib/steps.mjs'
import { t } from './lib/texts.mjs'

const tool = (name, ...args) =>
  run(process.execPath, [path.join(root, 'node_modules', name), ...args], { cwd: root }).catch((error) => {
    console.error(error.output)
    process.exit(1)
  })

/** What has not changed since it was last found good is not looked at again. */
const eslintCache = ['--cache', '--cache-strategy', 'content', '--cache-location', 'node_modules/.cache/eslint/']

const step = createSteps(5)
await step(t('step.packages'), ensurePackages)
await step(t('step.format'), () =>
  tool('prettier/bin/prettier.cjs', '--check', '--cache', '.').then(() => t('check.tidy')),
)
await step(t('step.lint'), () =>
  tool('eslint/bin/eslint.js', '.', '--max-warnings=0', ...eslintCache).then(() => t('check.clean')),
)
await step(t('step.types'), () => tool('typescript/bin/tsc', '-b').then(() => t('check.sound')))
await step(t('step.unitTests'), () =>
  tool('jest/bin/jest.js', '--selectProjects', 'unit').then(
    (output) => output.match(/Tests: +(.*)/)?.[1] ?? t('check.passed'),
  ),
)
