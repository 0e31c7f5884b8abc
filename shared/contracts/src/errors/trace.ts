import type { ErrorDefinition } from './define.js'

/** Errors of traces; messages are MLflow's, which programs read. */
export const traceErrors = {
  trace_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: "Trace with ID '{traceId}' not found.",
      cause: 'The trace does not exist in this project, or was deleted.',
      remedy: 'List the traces of the experiment with `mlflow.search_traces`.',
    },
    zh: {
      message: '未找到编号为“{traceId}”的追踪。',
      cause: '该项目中不存在此追踪，或它已被删除。',
      remedy: '用 `mlflow.search_traces` 列出实验中的追踪。',
    },
  },
  trace_not_complete: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'Trace with ID {traceId} is not fully exported yet, please try again later.',
      cause: 'The program said that the trace has more spans than have arrived.',
      remedy: 'Try again in a moment, or call `mlflow.flush_trace_async_logging()` in the program first.',
    },
    zh: {
      message: '编号为 {traceId} 的追踪尚未完整导出，请稍后重试。',
      cause: '程序声明的 span 数量多于已到达的数量。',
      remedy: '请稍后重试，或先在程序中调用 `mlflow.flush_trace_async_logging()`。',
    },
  },
  span_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: "Span with ID '{spanId}' not found in trace '{traceId}'.",
      cause: 'The trace has no such span, or it has not arrived yet.',
      remedy: 'Reload the trace.',
    },
    zh: {
      message: '追踪“{traceId}”中未找到编号为“{spanId}”的 span。',
      cause: '该追踪没有此 span，或它尚未到达。',
      remedy: '请重新加载该追踪。',
    },
  },
  trace_tag_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: "No trace tag with key '{key}' for trace with ID '{traceId}'",
      cause: 'The trace has no such tag.',
      remedy: 'Check the name of the tag.',
    },
    zh: {
      message: '编号为“{traceId}”的追踪没有键为“{key}”的标签',
      cause: '该追踪没有此标签。',
      remedy: '请检查标签名称。',
    },
  },
  assessment_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: "Assessment with ID '{assessmentId}' not found for trace '{traceId}'",
      cause: 'The trace has no such assessment, or it was deleted.',
      remedy: 'Look at `trace.info.assessments`.',
    },
    zh: {
      message: '追踪“{traceId}”没有编号为“{assessmentId}”的评估',
      cause: '该追踪没有此评估，或它已被删除。',
      remedy: '请查看 `trace.info.assessments`。',
    },
  },
  spans_malformed: {
    status: 400,
    mlflow: 'BAD_REQUEST',
    en: {
      message: '{detail}',
      cause: 'The body is no OTLP export of traces, or is larger than is taken in one request.',
      remedy: 'Send `application/x-protobuf` or `application/json`, plain or compressed with gzip or deflate.',
    },
    zh: {
      message: '{detail}',
      cause: '请求体不是 OTLP 追踪导出数据，或超出单次请求的大小限制。',
      remedy: '请发送 `application/x-protobuf` 或 `application/json`，可不压缩，也可用 gzip 或 deflate 压缩。',
    },
  },
  spans_without_experiment: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The header x-mlflow-experiment-id is missing.',
      cause: 'Spans belong to an experiment, and the header says to which.',
      remedy: 'Set `OTEL_EXPORTER_OTLP_TRACES_HEADERS=x-mlflow-experiment-id=<id>` in the program that sends them.',
    },
    zh: {
      message: '缺少请求头 x-mlflow-experiment-id。',
      cause: 'span 属于某个实验，由该请求头指明。',
      remedy: '请在发送程序中设置 `OTEL_EXPORTER_OTLP_TRACES_HEADERS=x-mlflow-experiment-id=<编号>`。',
    },
  },
  span_invalid: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'Cannot convert OpenTelemetry span to MLflow span: {detail}',
      cause: 'A trace has an id of 16 bytes, a span one of 8 and a time at which it began.',
      remedy: 'Send spans as the OpenTelemetry SDK makes them.',
    },
    zh: {
      message: '无法将 OpenTelemetry span 转换为 MLflow span：{detail}',
      cause: '追踪编号须为 16 字节，span 编号须为 8 字节，并且须有开始时间。',
      remedy: '请按 OpenTelemetry SDK 的格式发送 span。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
