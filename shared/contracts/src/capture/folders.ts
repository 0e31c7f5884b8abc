/** Names of files that hold secrets: they stay behind unless they are named. Globs of one path segment, case ignored. */
export const secretNames: readonly string[] = [
  '.env',
  '.env.*',
  '*.env',
  '.envrc',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  '*.jks',
  '*.keystore',
  '*.kdbx',
  '*.ppk',
  'id_rsa*',
  'id_dsa*',
  'id_ecdsa*',
  'id_ed25519*',
  'credentials*.json',
  'client_secret*.json',
  'service-account*.json',
  'service_account*.json',
  'secrets.*',
  'kaggle.json',
  'credentials',
  '.netrc',
  '_netrc',
  '.pypirc',
  '.npmrc',
  '.pgpass',
  '.git-credentials',
  '.dockercfg',
  '.dockerconfigjson',
  'kubeconfig*',
  '.htpasswd',
  '*.ovpn',
]

/** Names that match a secret pattern and are known to hold none: the examples people commit on purpose. */
const harmlessNames: readonly string[] = ['.env.example', '.env.sample', '.env.template', '.env.dist', '*.pub']

/** Folders that tools make and can make again; no job needs them. Virtual environments are told by what is in them. */
export const toolFolders: readonly string[] = [
  '.git',
  '.hg',
  '.svn',
  '.jj',
  'node_modules',
  '__pycache__',
  '__pypackages__',
  '.ipynb_checkpoints',
  '.venv',
  '.tox',
  '.nox',
  '.eggs',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.hypothesis',
  '.dvc',
  '.idea',
  '.vscode',
  '.novabrain',
  'mlruns',
  'wandb',
  '.ssh',
  '.aws',
  '.gnupg',
  '.kube',
  '.docker',
]

/** Files that say how a project is built or configured; they go along wherever they lie beside the entrypoint or at the top. */
export const projectNames: readonly string[] = [
  'pyproject.toml',
  'requirements*.txt',
  'constraints*.txt',
  'setup.py',
  'setup.cfg',
  'uv.lock',
  'poetry.lock',
  'pdm.lock',
  'pipfile',
  'pipfile.lock',
  'environment.yml',
  'environment.yaml',
  'conda.yaml',
  '.python-version',
]

/** Whether the name of a file says that it holds secrets. */
export const isSecretPath = (path: string): boolean =>
  matchesName(path, secretNames) && !matchesName(path, harmlessNames)

/** Whether a file says how its project is built. */
export const isProjectFile = (path: string): boolean => matchesName(path, projectNames)

/** Whether a path lies in a folder that tools make. */
export const inToolFolder = (path: string): boolean =>
  path
    .split('/')
    .slice(0, -1)
    .some((segment) => toolFolders.includes(segment))

/** A glob over whole paths as a regular expression: `*` and `?` within a segment, `**` across segments, case kept. */
export const globPattern = (glob: string, flags = ''): RegExp => {
  const source = glob
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?/g, (token) => (token === '*' ? '[^/]*' : token === '?' ? '[^/]' : '(?:.*/)?'))
  return new RegExp(`^${glob.endsWith('**') ? source.replace(/\(\?:\.\*\/\)\?$/, '.*') : source}$`, flags)
}

const matchesName = (path: string, globs: readonly string[]): boolean => {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return globs.some((glob) => globPattern(glob, 'i').test(name))
}
