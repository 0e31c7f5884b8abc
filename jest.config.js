/**
 * Every test of the repository runs from here, against the sources (swc compiles them), never against `dist`.
 * `scripts/test.mjs` chooses the projects; `npm run check` runs only `unit`.
 */
const swc = [
  '@swc/jest',
  {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
]

const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  // What writes Parquet comes only as ES modules; everything else from npm is taken as it is.
  transform: { '^.+\\.tsx?$': swc, '/node_modules/hyparquet[^/]*/.+\\.js$': swc },
  transformIgnorePatterns: ['/node_modules/(?!hyparquet)'],
  extensionsToTreatAsEsm: [],
  moduleNameMapper: {
    '^@novabrain/contracts$': '<rootDir>/shared/contracts/src/index.ts',
    '^@novabrain/scheduler/simulator$': '<rootDir>/scheduler/src/simulator/index.ts',
    '^@novabrain/scheduler$': '<rootDir>/scheduler/src/index.ts',
    '^@novabrain/server$': '<rootDir>/server/src/index.ts',
    // Tests of the extension host have no page to put elements on.
    '^@novabrain/ui$': '<rootDir>/test/support/ui-words.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['/dist/', '/lib/', '/\\.novabrain/', '/labextension/'],
}

const project = (displayName, folders, extra = {}) => ({
  ...shared,
  displayName,
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  ...extra,
})

export default {
  /** Generous: it only ends what hangs; a loaded machine is no failure. */
  testTimeout: 60_000,
  testSequencer: './test/support/slowest-first.mjs',
  projects: [
    project('unit', ['contracts', 'scheduler', 'server', 'ui', 'house', 'jupyterlab', 'vscode']),
    project('integration', ['laws', 'integration', 'isolation', 'conformance', 'execution']),
    project('e2e', ['e2e', 'chaos']),
  ],
}
