import type { ReadonlyJSONObject } from '@lumino/coreutils'
import { markIcon } from '../icons.js'
import type { ListedCommand } from '../plugins/commands.js'
import type { CommandContext } from './context.js'
import { commandIds } from './ids.js'
import { notebookToSubmit, scriptOf } from './targets.js'

const text = (description: string) => ({ type: 'string', description }) as const
const schema = (properties: ReadonlyJSONObject, required: readonly string[] = []) => ({
  args: { type: 'object', properties, required: [...required], additionalProperties: true },
})
const jobArgs = schema({ jobId: text('The id of the job') }, ['jobId'])
const pathArgs = schema({ path: text('The path of the notebook; the current one if left out') })

/** Every command: its words, its arguments, when it can be used, and where the code of it is. */
export const commandTable = (context: CommandContext): Record<string, ListedCommand> => {
  const { trans, session } = context
  const here = () => context.notebooks?.currentWidget ?? null
  return {
    [commandIds.submit]: {
      palette: true,
      label: trans.__('Run on GPU'),
      caption: trans.__('Run this notebook or script with NovaBrain, in the environment it was written in'),
      icon: markIcon,
      isEnabled: ({ path }) => notebookToSubmit(context, path) !== null || scriptOf(context, path) !== null,
      describedBy: schema({
        path: text('The path of an open notebook or script; the current one if left out'),
        yes: { type: 'boolean', description: 'Run with what is inferred, without showing the card' },
      }),
      execute: async (args) => (await import('./submit.js')).submit(context, args),
    },
    [commandIds.stop]: {
      palette: false,
      label: trans.__('Stop'),
      describedBy: jobArgs,
      execute: async (args) => (await import('./jobs.js')).stop(context, args),
    },
    [commandIds.rerun]: {
      palette: false,
      label: trans.__('Run again'),
      describedBy: jobArgs,
      execute: async (args) => (await import('./jobs.js')).rerun(context, args),
    },
    [commandIds.openRun]: {
      palette: false,
      label: trans.__('Open run'),
      describedBy: schema({
        runId: text('The id of the run'),
        jobId: text('The id of its job, instead'),
        tab: { enum: ['overview', 'metrics', 'log', 'files', 'environment', 'code'] },
      }),
      execute: ({ runId, jobId, tab }) =>
        context.runPages.open({
          ...(typeof runId === 'string' && { runId }),
          ...(typeof jobId === 'string' && { jobId }),
          ...(typeof tab === 'string' && { tab }),
        }),
    },
    [commandIds.openModel]: {
      palette: true,
      label: trans.__('NovaBrain: models'),
      caption: trans.__('Show registered models, their versions and where they come from'),
      icon: markIcon,
      describedBy: schema({
        name: text('The name of a registered model; all models if left out'),
        version: { type: 'integer', description: 'The number of one of its versions' },
      }),
      execute: ({ name, version }) =>
        context.modelPages.open({
          ...(typeof name === 'string' && { name }),
          ...(typeof version === 'number' && { version }),
        }),
    },
    [commandIds.openQueue]: {
      palette: true,
      label: trans.__('NovaBrain: queue and GPUs'),
      caption: trans.__('Show who waits and why, the devices, how they are used, and how it is decided'),
      icon: markIcon,
      describedBy: schema({}),
      execute: () => context.queuePage.open(),
    },
    [commandIds.openTable]: {
      palette: true,
      label: trans.__('NovaBrain: table of runs'),
      caption: trans.__('Search, sort, group and compare the runs of experiments'),
      icon: markIcon,
      describedBy: schema({
        experimentIds: {
          type: 'array',
          items: { type: 'string' },
          description: 'Experiments whose runs are shown; those of all if left out',
        },
        query: text('What the table shows, as in the address of the web app: filter=…&sort=…&columns=…'),
      }),
      execute: ({ experimentIds, query }) =>
        context.tablePages.open({
          experimentIds: Array.isArray(experimentIds) ? experimentIds.filter((id) => typeof id === 'string') : [],
          query: typeof query === 'string' ? query : '',
        }),
    },
    [commandIds.pinEnvironment]: {
      palette: true,
      label: trans.__('Pin environment'),
      caption: trans.__('Lock the packages of this kernel, so that runs use exactly these'),
      isEnabled: () => here() !== null,
      describedBy: pathArgs,
      execute: async (args) => (await import('./environment.js')).pin(context, args),
    },
    [commandIds.restoreEnvironment]: {
      palette: true,
      label: trans.__('Restore environment'),
      caption: trans.__('Recreate a pinned environment and make a kernel of it'),
      isEnabled: () => here() !== null || session.state.kind === 'signed_in',
      describedBy: schema({ pinDigest: text('The digest of the pin; the last of the current notebook if left out') }),
      execute: async (args) => (await import('./environment.js')).restore(context, args),
    },
    [commandIds.pullOutputs]: {
      palette: true,
      label: trans.__('Bring outputs back'),
      caption: trans.__('Put the outputs of the last run into this notebook, cell by cell'),
      isEnabled: () => here() !== null,
      describedBy: schema({
        jobId: text('The id of the job; the last of the current notebook if left out'),
        quiet: { type: 'boolean', description: 'Say nothing when the notebook is not open' },
      }),
      execute: async (args) => (await import('./pull-outputs.js')).pullOutputs(context, args),
    },
    [commandIds.showRuns]: {
      palette: true,
      label: trans.__('NovaBrain: runs'),
      caption: trans.__('Show active and recent runs'),
      icon: markIcon,
      describedBy: schema({}),
      execute: () => context.app.shell.activateById('novabrain-runs'),
    },
    [commandIds.signIn]: {
      palette: true,
      label: trans.__('Sign in'),
      isVisible: () => session.state.kind !== 'signed_in',
      describedBy: schema({}),
      execute: () => context.app.shell.activateById('novabrain-runs'),
    },
    [commandIds.signOut]: {
      palette: true,
      label: trans.__('Sign out'),
      isVisible: () => session.state.kind === 'signed_in',
      describedBy: schema({}),
      execute: () => session.signOut(),
    },
    [commandIds.diagnose]: {
      palette: true,
      label: trans.__('Diagnose'),
      caption: trans.__('Check the way to the server, the sign-in, and the kernel of this notebook'),
      describedBy: schema({}),
      execute: async () => (await import('./diagnose.js')).diagnose(context),
    },
  }
}
