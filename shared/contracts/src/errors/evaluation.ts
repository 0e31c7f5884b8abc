import type { ErrorDefinition } from './define.js'

/** Errors of evaluation datasets; messages are MLflow's, which programs read. */
export const evaluationErrors = {
  evaluation_dataset_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: "Evaluation dataset with id '{datasetId}' not found",
      cause: 'The project has no such evaluation dataset, or it was deleted.',
      remedy: 'List them with `mlflow.genai.datasets.search_datasets()`.',
    },
    zh: {
      message: '未找到编号为“{datasetId}”的评估数据集',
      cause: '该项目中没有此评估数据集，或它已被删除。',
      remedy: '用 `mlflow.genai.datasets.search_datasets()` 列出评估数据集。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
