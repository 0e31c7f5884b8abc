import type { ErrorDefinition } from './define.js'

/** Errors of importing a history from another tool, and of exporting one. */
export const historyErrors = {
  import_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no such import.',
      cause: 'The import belongs to another project, or was never begun.',
      remedy: 'Begin with `novabrain import mlflow <address>`; what is here already is not copied again.',
    },
    zh: {
      message: '没有该导入。',
      cause: '该导入属于其他项目，或从未开始。',
      remedy: '请运行 `novabrain import mlflow <地址>` 开始；已有的内容不会重复复制。',
    },
  },
  import_experiment_unknown: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'Experiment {experimentId} of the source has not been imported yet.',
      cause: 'Experiments come before their runs and models.',
      remedy: 'Import the experiment first; `novabrain import mlflow` does so by itself.',
    },
    zh: {
      message: '来源的实验 {experimentId} 尚未导入。',
      cause: '实验须先于其运行和模型导入。',
      remedy: '请先导入该实验；`novabrain import mlflow` 会自动完成。',
    },
  },
  import_batch_too_large: {
    status: 413,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'A request may carry {limit} points; this one carries {count}, or its columns differ in length.',
      cause: 'Points are written in batches, so that others are not kept waiting.',
      remedy: 'Send them in smaller requests.',
    },
    zh: {
      message: '一次请求最多 {limit} 个点；本次为 {count} 个，或各列长度不一致。',
      cause: '数据点分批写入，以免其他人等待。',
      remedy: '请分成更小的请求发送。',
    },
  },
  mlflow_unreachable: {
    status: 503,
    mlflow: 'TEMPORARILY_UNAVAILABLE',
    en: {
      message: 'No MLflow server answers at {address}: {detail}',
      cause: 'The address is wrong, the server does not run, or a proxy stands between.',
      remedy: 'Open {address}/health in a browser of this machine; it says OK. Then run the command again: it goes on.',
    },
    zh: {
      message: '{address} 没有 MLflow 服务器响应：{detail}',
      cause: '地址有误、服务器未运行，或中间有代理。',
      remedy: '请在本机浏览器中打开 {address}/health，应显示 OK。然后重新运行该命令，它会继续。',
    },
  },
  mlflow_not_mlflow: {
    status: 502,
    mlflow: 'BAD_REQUEST',
    en: {
      message: 'What answers at {address} is no MLflow server: {detail}',
      cause: 'The address leads to another program, to a page for signing in, or into a folder of the server.',
      remedy: 'Give the address that MLFLOW_TRACKING_URI has, without `#` and what follows.',
    },
    zh: {
      message: '{address} 处响应的不是 MLflow 服务器：{detail}',
      cause: '该地址指向其他程序、登录页面或服务器的子目录。',
      remedy: '请使用 MLFLOW_TRACKING_URI 的地址，不要带 `#` 及其后的内容。',
    },
  },
  mlflow_refused_sign_in: {
    status: 401,
    mlflow: 'UNAUTHENTICATED',
    en: {
      message: 'The MLflow server at {address} wants to know who asks.',
      cause: 'It needs a user name and a password, or a token, and those given do not open it.',
      remedy:
        'Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, in the environment, and run the command again.',
    },
    zh: {
      message: '{address} 的 MLflow 服务器要求登录。',
      cause: '它需要用户名和密码或令牌，而提供的凭据无效。',
      remedy:
        '请在环境变量中设置 MLFLOW_TRACKING_USERNAME 和 MLFLOW_TRACKING_PASSWORD，或 MLFLOW_TRACKING_TOKEN，然后重新运行。',
    },
  },
  mlflow_request_failed: {
    status: 502,
    mlflow: 'INTERNAL_ERROR',
    en: {
      message: 'The MLflow server answered {status} to {what}: {detail}',
      cause: 'The server or the store behind it is in trouble, or is of a version that does not know this request.',
      remedy: 'Look into its log, then run the command again: it goes on where it was.',
    },
    zh: {
      message: 'MLflow 服务器对 {what} 返回 {status}：{detail}',
      cause: '该服务器或其存储出现问题，或其版本不支持该请求。',
      remedy: '请查看其日志，然后重新运行该命令，它会从中断处继续。',
    },
  },
  mlflow_not_available: {
    status: 500,
    mlflow: 'INTERNAL_ERROR',
    en: {
      message: 'MLflow {version} could not be installed: {detail}',
      cause:
        'A folder or a database is read by a real MLflow server, which uv installs once; the package index did not give it.',
      remedy:
        'Run the command once with the network, or name a Python that has mlflow: `--python PATH`. Or start `mlflow server` yourself and give its address.',
    },
    zh: {
      message: '无法安装 MLflow {version}：{detail}',
      cause: '文件夹或数据库由真正的 MLflow 服务器读取，uv 会安装一次；软件源没有提供它。',
      remedy:
        '请联网运行一次该命令，或用 `--python 路径` 指定已安装 mlflow 的 Python；也可自行启动 `mlflow server` 并给出其地址。',
    },
  },
  mlflow_store_schema: {
    status: 409,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message:
        'The database was written by another version of MLflow (schema {found}, MLflow {version} wants {expected}).',
      cause: 'MLflow reads only the schema of its own version, and NovaBrain never changes the database you bring.',
      remedy:
        'Name the version of MLflow that wrote it: `--mlflow-version 2.22.0`. Or upgrade a copy with `mlflow db upgrade` and import the copy.',
    },
    zh: {
      message: '该数据库由其他版本的 MLflow 写入（结构 {found}，MLflow {version} 需要 {expected}）。',
      cause: 'MLflow 只读取与自身版本一致的结构，而 NovaBrain 绝不修改您带来的数据库。',
      remedy:
        '请指定写入它的 MLflow 版本：`--mlflow-version 2.22.0`；或用 `mlflow db upgrade` 升级一份副本，再导入副本。',
    },
  },
  mlflow_store_unusable: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'MLflow cannot read {place}: {detail}',
      cause: 'It is no store of MLflow, it is not there, or the database does not let us in.',
      remedy:
        'Name the folder that holds `0`, `1`, … and `meta.yaml` files, or the URL that `mlflow server --backend-store-uri` has.',
    },
    zh: {
      message: 'MLflow 无法读取 {place}：{detail}',
      cause: '它不是 MLflow 的存储、不存在，或数据库拒绝访问。',
      remedy: '请指定包含 `0`、`1` … 和 `meta.yaml` 文件的文件夹，或 `mlflow server --backend-store-uri` 使用的 URL。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
