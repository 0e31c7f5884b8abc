/** The commands, by what they do. Agents and keyboard shortcuts use the same ids. */
export const commandIds = {
  submit: 'novabrain:submit',
  stop: 'novabrain:stop',
  rerun: 'novabrain:rerun',
  openRun: 'novabrain:open-run',
  openModel: 'novabrain:open-model',
  openQueue: 'novabrain:open-queue',
  openTable: 'novabrain:open-table',
  pinEnvironment: 'novabrain:pin-environment',
  restoreEnvironment: 'novabrain:restore-environment',
  pullOutputs: 'novabrain:pull-outputs',
  showRuns: 'novabrain:show-runs',
  signIn: 'novabrain:sign-in',
  signOut: 'novabrain:sign-out',
  diagnose: 'novabrain:diagnose',
} as const
