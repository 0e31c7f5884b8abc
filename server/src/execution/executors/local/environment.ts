type Environment = Readonly<Record<string, string | undefined>>

/** What any program needs of the environment: the rest of the server's own, its secrets above all, stays here. */
const passed =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|LD_LIBRARY_PATH|DYLD_\w+|XDG_\w+|CUDA_\w+|NVIDIA_\w+|ROCM_\w+|https?_proxy|no_proxy|all_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|UV_\w+|PIP_\w+|PYENV_\w+|CONDA_\w+)$/i

/** The environment of a runner: what any program needs, and what this runner is told. */
export const runnerEnvironment = (server: Environment, told: Environment): Record<string, string> =>
  Object.fromEntries(
    [...Object.entries(server).filter(([name]) => passed.test(name)), ...Object.entries(told)].flatMap(
      ([name, value]) => (value === undefined ? [] : [[name, value] as const]),
    ),
  )
