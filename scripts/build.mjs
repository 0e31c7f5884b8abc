// npm run build: everything but the JupyterLab wheel, which needs Python.
import { build } from './lib/build.mjs'
import { ensurePackages } from './lib/packages.mjs'
import { createSteps } from './lib/steps.mjs'
import { t } from './lib/texts.mjs'

const step = createSteps(2)
await step(t('step.packages'), ensurePackages)
await step(t('step.build'), build)
