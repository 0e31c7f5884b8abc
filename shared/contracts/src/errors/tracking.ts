import type { ErrorDefinition } from './define.js'

export const trackingErrors = {
  run_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'Run with id={runId} not found',
      cause: 'The run does not exist in this project.',
      remedy: 'List the runs with `novabrain runs`.',
    },
    zh: {
      message: '未找到编号为 {runId} 的运行',
      cause: '该项目中不存在此运行。',
      remedy: '用 `novabrain runs` 列出运行。',
    },
  },
  experiment_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'No Experiment with id={experimentId} exists',
      cause: 'The experiment does not exist in this project.',
      remedy: 'Create it, or use the experiment `Default` (id 0).',
    },
    zh: {
      message: '不存在编号为 {experimentId} 的实验',
      cause: '该项目中不存在此实验。',
      remedy: '请创建它，或使用 `Default` 实验（编号 0）。',
    },
  },
  experiment_name_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: "Could not find experiment with name '{name}'",
      cause: 'The experiment does not exist in this project.',
      remedy: 'Create it with `mlflow.create_experiment`, or use the experiment `Default`.',
    },
    zh: {
      message: '找不到名为“{name}”的实验',
      cause: '该项目中不存在此实验。',
      remedy: '用 `mlflow.create_experiment` 创建它，或使用 `Default` 实验。',
    },
  },
  experiment_name_taken: {
    status: 400,
    mlflow: 'RESOURCE_ALREADY_EXISTS',
    en: {
      message: 'Experiment(name={name}) already exists.',
      cause: 'Names of experiments are unique in a project, deleted ones included.',
      remedy: 'Choose another name, or restore the deleted experiment.',
    },
    zh: {
      message: '实验（名称={name}）已存在。',
      cause: '实验名称在项目内必须唯一，已删除的也包括在内。',
      remedy: '请换一个名称，或恢复已删除的实验。',
    },
  },
  artifact_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no artifact at {path}.',
      cause: 'The run has no such file.',
      remedy: 'List the files of the run.',
    },
    zh: {
      message: '{path} 处没有制品。',
      cause: '该运行没有此文件。',
      remedy: '请列出该运行的文件。',
    },
  },
  artifact_path_invalid: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'Invalid path: {path}',
      cause: 'A path of an artifact is relative and stays inside the folder of its run or model.',
      remedy: 'Use a relative path with forward slashes and without `..`.',
    },
    zh: {
      message: '无效的路径：{path}',
      cause: '制品路径必须是相对路径，且不得越出其运行或模型的文件夹。',
      remedy: '请使用不含 `..` 的相对路径，并以正斜杠分隔。',
    },
  },
  param_immutable: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message:
        "Changing param values is not allowed. Param with key='{key}' was already logged with value='{oldValue}' for run ID='{runId}'. Attempted logging new value '{newValue}'.",
      cause: 'A param of a run keeps its first value.',
      remedy: 'Log it under another key, or start a new run.',
    },
    zh: {
      message: "不允许更改参数值。运行 '{runId}' 的参数 '{key}' 已记录为 '{oldValue}'，尝试记录的新值为 '{newValue}'。",
      cause: '运行的参数保持其首个值。',
      remedy: '请使用另一个键，或开始新的运行。',
    },
  },
  run_not_active: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: "The run {runId} must be in the 'active' state. Current state is deleted.",
      cause: 'A deleted run takes no more data.',
      remedy: 'Restore the run first.',
    },
    zh: {
      message: "运行 {runId} 必须处于 'active' 状态。当前状态为 deleted。",
      cause: '已删除的运行不再接收数据。',
      remedy: '请先恢复该运行。',
    },
  },
  tag_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'No tag with name: {key} in run with id {runId}',
      cause: 'The run has no such tag.',
      remedy: 'Check the name of the tag.',
    },
    zh: {
      message: '编号为 {runId} 的运行中没有名为 {key} 的标签',
      cause: '该运行没有此标签。',
      remedy: '请检查标签名称。',
    },
  },
  experiment_not_active: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: "The experiment {experimentId} must be in the 'active' state. Current state is deleted.",
      cause: 'A deleted experiment takes no new runs and no changes.',
      remedy: 'Restore the experiment first, or use another one.',
    },
    zh: {
      message: "实验 {experimentId} 必须处于 'active' 状态。当前状态为 deleted。",
      cause: '已删除的实验不接受新的运行，也不能修改。',
      remedy: '请先恢复该实验，或使用另一个实验。',
    },
  },
  experiment_tag_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'No tag with name: {key} in experiment with id {experimentId}',
      cause: 'The experiment has no such tag.',
      remedy: 'Check the name of the tag.',
    },
    zh: {
      message: '编号为 {experimentId} 的实验中没有名为 {key} 的标签',
      cause: '该实验没有此标签。',
      remedy: '请检查标签名称。',
    },
  },
  logged_model_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: "Logged model with ID '{modelId}' not found.",
      cause: 'The logged model does not exist in this project, or was deleted.',
      remedy: 'List the logged models of the experiment with `mlflow.search_logged_models`.',
    },
    zh: {
      message: '未找到编号为“{modelId}”的已记录模型。',
      cause: '该项目中不存在此模型，或它已被删除。',
      remedy: '用 `mlflow.search_logged_models` 列出实验中的模型。',
    },
  },
  logged_model_tag_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: "No tag with key '{key}' found for model with ID '{modelId}'.",
      cause: 'The logged model has no such tag.',
      remedy: 'Check the name of the tag.',
    },
    zh: {
      message: '编号为“{modelId}”的模型没有键为“{key}”的标签。',
      cause: '该模型没有此标签。',
      remedy: '请检查标签名称。',
    },
  },
  search_text_invalid: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{detail} (at character {position})',
      cause: 'The filter or order does not follow the grammar of MLflow.',
      remedy: "Write comparisons joined by AND, such as `metrics.loss < 0.1 AND params.model = 'tree'`.",
    },
    zh: {
      message: '{detail}（第 {position} 个字符处）',
      cause: '筛选或排序条件不符合 MLflow 的语法。',
      remedy: "请用 AND 连接比较式，例如 `metrics.loss < 0.1 AND params.model = 'tree'`。",
    },
  },
  run_not_of_attempt: {
    status: 403,
    mlflow: 'PERMISSION_DENIED',
    en: {
      message: 'A job may write only to its own run and to runs it began; {runId} is another.',
      cause: "The token of a job's attempt reads its whole project, and writes only what is its own.",
      remedy: 'Start a new run in the job, or write to the other run with an API key.',
    },
    zh: {
      message: '作业只能写入自己的运行及其创建的运行；{runId} 不属于它。',
      cause: '作业的令牌可读取整个项目，但只能写入自己的内容。',
      remedy: '请在作业中开始新的运行，或使用 API 密钥写入其他运行。',
    },
  },
  presigned_not_supported: {
    status: 501,
    mlflow: 'NOT_IMPLEMENTED',
    en: {
      message: 'Multipart download is not supported for the current artifact repository',
      cause: 'Artifacts are kept in a folder of the server, or addresses of the store are not given out.',
      remedy: 'Nothing to do: the client downloads through the server instead.',
    },
    zh: {
      message: '当前制品库不支持分段下载',
      cause: '制品保存在服务器的文件夹中，或未开放存储地址。',
      remedy: '无需处理：客户端会改为通过服务器下载。',
    },
  },
  multipart_not_supported: {
    status: 501,
    mlflow: 'NOT_IMPLEMENTED',
    en: {
      message: 'Multipart upload is not supported for the current artifact repository',
      cause: 'Artifacts are kept in a folder of the server.',
      remedy: 'Nothing to do: the client uploads in one piece instead.',
    },
    zh: {
      message: '当前制品库不支持分段上传',
      cause: '制品保存在服务器的文件夹中。',
      remedy: '无需处理：客户端会改为整体上传。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
