import type { ErrorDefinition } from './define.js'

/** Errors of the model registry; messages are MLflow's, which programs read. */
export const registryErrors = {
  run_needed_by_model_version: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message: "The run {runId} cannot be deleted: version {version} of the registered model '{name}' is made of it.",
      cause: 'A version of a registered model keeps the way back to its run, its files and its data.',
      remedy: 'Delete that version first, or leave the run.',
    },
    zh: {
      message: '无法删除运行 {runId}：注册模型“{name}”的版本 {version} 由它产生。',
      cause: '注册模型的版本须能追溯到其运行、文件和数据。',
      remedy: '请先删除该版本，或保留此运行。',
    },
  },
  experiment_needed_by_model_version: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message:
        "The experiment {experimentId} cannot be deleted: version {version} of the registered model '{name}' is made of something in it.",
      cause: 'A version of a registered model keeps the way back to its run, its files and its data.',
      remedy: 'Delete that version first, or delete the other runs of the experiment one by one.',
    },
    zh: {
      message: '无法删除实验 {experimentId}：注册模型“{name}”的版本 {version} 由其中的内容产生。',
      cause: '注册模型的版本须能追溯到其运行、文件和数据。',
      remedy: '请先删除该版本，或逐个删除实验中的其他运行。',
    },
  },
  logged_model_needed_by_model_version: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message:
        "The logged model {modelId} cannot be deleted: version {version} of the registered model '{name}' is made of it.",
      cause: 'The files of the version are those of the logged model.',
      remedy: 'Delete that version first, or leave the logged model.',
    },
    zh: {
      message: '无法删除已记录模型 {modelId}：注册模型“{name}”的版本 {version} 由它产生。',
      cause: '该版本的文件就是此已记录模型的文件。',
      remedy: '请先删除该版本，或保留此已记录模型。',
    },
  },
  artifact_needed_by_model_version: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message: "{path} cannot be deleted: version {version} of the registered model '{name}' has its files there.",
      cause: 'The files of a registered version stay as long as the version does.',
      remedy: 'Delete that version first, or leave the files.',
    },
    zh: {
      message: '无法删除 {path}：注册模型“{name}”的版本 {version} 的文件位于此处。',
      cause: '只要注册版本存在，其文件就会保留。',
      remedy: '请先删除该版本，或保留这些文件。',
    },
  },
  registered_model_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'Registered Model with name={name} not found',
      cause: 'No model of this name is registered in this project.',
      remedy: 'List the models with `mlflow.search_registered_models`, or register it with `mlflow.register_model`.',
    },
    zh: {
      message: '未找到名为 {name} 的已注册模型',
      cause: '该项目中没有注册过此名称的模型。',
      remedy: '用 `mlflow.search_registered_models` 列出模型，或用 `mlflow.register_model` 注册。',
    },
  },
  registered_model_name_taken: {
    status: 400,
    mlflow: 'RESOURCE_ALREADY_EXISTS',
    en: {
      message: '{kind} (name={name}) already exists.',
      cause: 'Names of registered models are unique in a project.',
      remedy: 'Choose another name, or create a new version of the model that has it.',
    },
    zh: {
      message: '{kind}（名称={name}）已存在。',
      cause: '已注册模型的名称在项目内必须唯一。',
      remedy: '请换一个名称，或为已有模型创建新版本。',
    },
  },
  registered_model_kind_clash: {
    status: 400,
    mlflow: 'RESOURCE_ALREADY_EXISTS',
    en: {
      message:
        "Tried to create a {kind} with name '{name}', but the name is already taken by a {other}. MLflow does not allow creating a model and a prompt with the same name.",
      cause: 'Prompts and models share their names.',
      remedy: 'Choose another name.',
    },
    zh: {
      message: '无法以“{name}”为名创建 {kind}：该名称已被 {other} 使用。模型与提示词不能同名。',
      cause: '提示词与模型共用名称。',
      remedy: '请换一个名称。',
    },
  },
  model_version_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'Model Version (name={name}, version={version}) not found',
      cause: 'The model has no such version, or it was deleted.',
      remedy: 'List the versions with `mlflow.search_model_versions`.',
    },
    zh: {
      message: '未找到模型版本（名称={name}，版本={version}）',
      cause: '该模型没有此版本，或此版本已被删除。',
      remedy: '用 `mlflow.search_model_versions` 列出版本。',
    },
  },
  model_version_source_invalid: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: "Invalid model version source: '{source}'. {why}",
      cause: 'A version must be made of files that its run or its logged model left, or of another version.',
      remedy:
        'Register with `mlflow.register_model("runs:/<run id>/<path>", name)` or `log_model(registered_model_name=…)`.',
    },
    zh: {
      message: '模型版本的来源“{source}”无效。{why}',
      cause: '版本必须来自其运行或已记录模型留下的文件，或来自另一个版本。',
      remedy:
        '请用 `mlflow.register_model("runs:/<运行编号>/<路径>", name)` 或 `log_model(registered_model_name=…)` 注册。',
    },
  },
  model_alias_not_found: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'Registered model alias {alias} not found.',
      cause: 'No version of the model has this alias.',
      remedy: 'Set it with `MlflowClient().set_registered_model_alias`.',
    },
    zh: {
      message: '未找到模型别名 {alias}。',
      cause: '该模型没有任何版本使用此别名。',
      remedy: '用 `MlflowClient().set_registered_model_alias` 设置别名。',
    },
  },
  model_alias_invalid: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '“{alias}” cannot be an alias',
      cause: 'An alias has letters, digits, `_` and `-`. `latest` and numbers such as `v3` mean something already.',
      remedy: 'Choose another name, such as `champion`.',
    },
    zh: {
      message: '“{alias}”不能用作别名',
      cause: '别名只能包含字母、数字、`_` 和 `-`；`latest` 以及 `v3` 这样的版本号已有含义。',
      remedy: '请换一个名称，例如 `champion`。',
    },
  },
  run_model_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'The run left no such model: {model}',
      cause: 'A model of a run is one it logged with `log_model`, or a folder of its files with an `MLmodel` in it.',
      remedy: 'Open the run again and choose one of its models, or log one with `mlflow.<flavor>.log_model`.',
    },
    zh: {
      message: '该运行没有留下这样的模型：{model}',
      cause: '运行的模型是指用 `log_model` 记录的模型，或其文件中含有 `MLmodel` 的文件夹。',
      remedy: '重新打开该运行并选择它的某个模型，或用 `mlflow.<flavor>.log_model` 记录一个模型。',
    },
  },
  model_latest_version_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'Latest version not found for model {name}.',
      cause: 'The model has no versions, or none in that stage.',
      remedy: 'Create a version first.',
    },
    zh: {
      message: '未找到模型 {name} 的最新版本。',
      cause: '该模型没有版本，或该阶段没有版本。',
      remedy: '请先创建一个版本。',
    },
  },
  model_stage_invalid: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'Invalid Model Version stage: {stage}. Value must be one of None, Staging, Production, Archived.',
      cause: 'MLflow knows four stages.',
      remedy: 'Use one of the four, or an alias, which may have any name.',
    },
    zh: {
      message: '无效的模型版本阶段：{stage}。可用值：None、Staging、Production、Archived。',
      cause: 'MLflow 只有四个阶段。',
      remedy: '请使用四个阶段之一，或使用可任意命名的别名。',
    },
  },
  model_stage_not_active: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message:
        "Model version transition cannot archive existing model versions because '{stage}' is not an Active stage. Valid stages are ['Staging', 'Production']",
      cause: 'Only versions in use are sent to the archive by a new one.',
      remedy: 'Leave `archive_existing_versions` out, or use one of the two stages.',
    },
    zh: {
      message: '无法归档现有版本：“{stage}”不是使用中的阶段。可用阶段：Staging、Production。',
      cause: '只有使用中的版本才会被新版本归档。',
      remedy: '去掉 `archive_existing_versions`，或使用这两个阶段之一。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
