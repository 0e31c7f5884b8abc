import type { ErrorDefinition } from './define.js'

export const environmentErrors = {
  environment_resolver_missing: {
    status: 503,
    mlflow: 'TEMPORARILY_UNAVAILABLE',
    en: {
      message: 'The server cannot pin environments: uv was not found.',
      cause: 'Environments are locked with uv, which is not installed where the server runs.',
      remedy: 'Install uv (`pip install uv`) or run `npm run up` once with internet access, then try again.',
    },
    zh: {
      message: '服务器无法固定环境：未找到 uv。',
      cause: '环境由 uv 锁定，而服务器所在的机器没有安装它。',
      remedy: '安装 uv（`pip install uv`），或在联网时运行一次 `npm run up`，然后重试。',
    },
  },
  environment_resolve_failed: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The environment could not be locked: {detail}',
      cause: 'uv could not make a lock of the installed packages.',
      remedy: 'Read the detail; usually a package must be reinstalled from an index, or left out.',
    },
    zh: {
      message: '无法锁定环境：{detail}',
      cause: 'uv 无法为已安装的包生成锁文件。',
      remedy: '请查看详情；通常需要从软件源重新安装某个包，或将其排除。',
    },
  },
  package_index_unreachable: {
    status: 503,
    mlflow: 'TEMPORARILY_UNAVAILABLE',
    en: {
      message: 'The package index cannot be reached, and {packages} are not in the cache.',
      cause: 'Without internet only packages seen before can be pinned.',
      remedy: 'Connect once, or set UV_INDEX_URL to a mirror that this machine reaches.',
    },
    zh: {
      message: '无法连接软件源，且 {packages} 不在缓存中。',
      cause: '离线时只能固定以前见过的包。',
      remedy: '请联网一次，或将 UV_INDEX_URL 设为本机可访问的镜像。',
    },
  },
  capture_digest_mismatch: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The environment capture arrived damaged.',
      cause: 'The capture does not have the digest that came with it.',
      remedy: 'Try again; if it happens again, update the extension.',
    },
    zh: {
      message: '环境采集数据在传输中损坏。',
      cause: '采集数据与随附的摘要不一致。',
      remedy: '请重试；若再次出现，请更新扩展。',
    },
  },
  environment_pin_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no such environment.',
      cause: 'The pin does not exist in this project.',
      remedy: 'Pin the environment again with `novabrain env pin`.',
    },
    zh: {
      message: '没有这个环境。',
      cause: '该项目中不存在此环境固定。',
      remedy: '用 `novabrain env pin` 重新固定环境。',
    },
  },
  environment_restore_failed: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The environment could not be recreated: {detail}',
      cause: 'uv, or the Python it made, ended with an error in one of the steps.',
      remedy:
        'Read the detail: usually the package index cannot be reached (UV_INDEX_URL names a mirror) or that version of Python is missing. Then restore again; what is done is kept.',
    },
    zh: {
      message: '无法重建环境：{detail}',
      cause: 'uv 或其创建的 Python 在某一步出错退出。',
      remedy:
        '请查看详情：通常是无法访问软件源（可用 UV_INDEX_URL 指定镜像），或缺少该版本的 Python。处理后再次恢复即可，已完成的部分会保留。',
    },
  },
  uv_not_found: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The environment cannot be recreated here: uv was not found.',
      cause: 'uv is neither on the PATH of this machine, nor where its installer puts it, nor in the chosen Python.',
      remedy: 'Run `pip install uv` in the chosen Python, or install uv for this user, and restore again.',
    },
    zh: {
      message: '无法在此重建环境：未找到 uv。',
      cause: '本机的 PATH、uv 的默认安装位置以及所选的 Python 中都没有 uv。',
      remedy: '在所选的 Python 中运行 `pip install uv`，或为当前用户安装 uv，然后再次恢复。',
    },
  },
  python_not_found: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'No Python could be asked for its packages.',
      cause: 'No interpreter was found, or the notebook has no running kernel.',
      remedy: 'Start the kernel of the notebook, choose an interpreter in the editor, or name one with `--python`.',
    },
    zh: {
      message: '没有可供查询软件包的 Python。',
      cause: '未找到解释器，或笔记本没有正在运行的内核。',
      remedy: '启动笔记本的内核，在编辑器中选择解释器，或用 `--python` 指定。',
    },
  },
  kernel_busy: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message: 'The kernel is busy, so its packages could not be read.',
      cause: 'A cell is still running.',
      remedy: 'Wait for the cell, interrupt it, or run with the last environment that was pinned.',
    },
    zh: {
      message: '内核正忙，无法读取其软件包。',
      cause: '仍有单元格在运行。',
      remedy: '等待单元格结束、将其中断，或使用上次固定的环境运行。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
