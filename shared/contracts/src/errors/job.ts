import type { ErrorDefinition } from './define.js'

export const jobErrors = {
  job_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no such job.',
      cause: 'The job does not exist in this project.',
      remedy: 'List the jobs with `novabrain jobs`.',
    },
    zh: {
      message: '没有这个作业。',
      cause: '该项目中不存在此作业。',
      remedy: '用 `novabrain jobs` 列出作业。',
    },
  },
  job_not_waiting: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message: 'Job #{number} no longer waits: it is {status}.',
      cause: 'What a job asks for can be changed only while it waits in the queue.',
      remedy: 'Look at the job. If it should run with other resources, stop it and run it again with them.',
    },
    zh: {
      message: '作业 #{number} 已不在等待：状态为 {status}。',
      cause: '只有在队列中等待的作业才能更改其请求的资源。',
      remedy: '请查看该作业。如需使用其他资源运行，请先停止它，再以新的资源重新运行。',
    },
  },
  attempt_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no such attempt.',
      cause: 'The job has no attempt with this id.',
      remedy: 'Open the job again.',
    },
    zh: {
      message: '没有这次尝试。',
      cause: '该作业没有此编号的尝试。',
      remedy: '请重新打开作业。',
    },
  },
  queue_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no queue named {queueName}.',
      cause: 'The queue was mistyped or removed.',
      remedy: 'Leave the queue out to use the default one, or choose from `novabrain queues`.',
    },
    zh: {
      message: '没有名为 {queueName} 的队列。',
      cause: '队列名称有误，或队列已被删除。',
      remedy: '省略队列以使用默认队列，或从 `novabrain queues` 中选择。',
    },
  },
  resources_never_available: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'No node can ever run this: {detail}',
      cause: 'The request is larger than what any node has, even when nothing else runs.',
      remedy: 'Ask for less: {suggestion}',
    },
    zh: {
      message: '没有任何节点能运行此作业：{detail}',
      cause: '即使没有其他作业，请求也超过了任何节点的资源。',
      remedy: '请减少请求：{suggestion}',
    },
  },
  gpu_range_invalid: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{least} to {most} GPUs is no range.',
      cause: 'A range of GPUs begins with at least one, does not end before it begins, and ends with at most 128.',
      remedy: 'Name the least first: `--gpus 1-4`, or `gpuCount` no greater than `maxGpuCount`.',
    },
    zh: {
      message: '{least} 到 {most} 块 GPU 不是有效范围。',
      cause: 'GPU 范围至少从 1 开始，上限不能小于下限，且最多为 128。',
      remedy: '请先写下限：`--gpus 1-4`，即 `gpuCount` 不大于 `maxGpuCount`。',
    },
  },
  gpu_range_of_shares: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'A range counts whole GPUs, and this asks for a share of one.',
      cause: 'A job that goes on with more or fewer GPUs gets each of them whole.',
      remedy: 'Ask for a range of whole GPUs, or for a share without a range.',
    },
    zh: {
      message: '范围只能以整块 GPU 计，而此请求要的是 GPU 的一部分。',
      cause: '可伸缩的作业在增减 GPU 时，每块 GPU 都独占。',
      remedy: '请以整块 GPU 指定范围，或只请求一部分而不指定范围。',
    },
  },
  gpu_range_of_kernel: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'A kernel has a fixed number of GPUs.',
      cause: 'What is in the memory of a kernel would be lost when it begins again with more or fewer GPUs.',
      remedy: 'Ask for one number, or run the notebook or script as a job.',
    },
    zh: {
      message: '内核的 GPU 数量是固定的。',
      cause: '内核若以更多或更少的 GPU 重新开始，其内存中的内容将会丢失。',
      remedy: '请只指定一个数量，或将笔记本或脚本作为作业运行。',
    },
  },
  kernel_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no such kernel.',
      cause: 'The kernel has ended, was idle for too long, or never existed in this project.',
      remedy: 'Start a new kernel. What the last one printed is in the log of its job.',
    },
    zh: {
      message: '没有这个内核。',
      cause: '内核已结束、因空闲过久而关闭，或从未存在于该项目中。',
      remedy: '请启动新的内核。上一个内核的输出保存在其作业的日志中。',
    },
  },
  kernel_spec_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no kernel named {name}.',
      cause: 'The environment it names is not pinned in this project.',
      remedy: 'Choose one of the kernels that are listed, or pin the environment first.',
    },
    zh: {
      message: '没有名为 {name} 的内核。',
      cause: '该名称对应的环境尚未在此项目中固定。',
      remedy: '请从列出的内核中选择，或先固定该环境。',
    },
  },
  attempt_over: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message: 'This attempt is over.',
      cause: 'The attempt ended, was stopped, or was replaced by another.',
      remedy: 'Nothing to do: the runner stops by itself.',
    },
    zh: {
      message: '该次尝试已结束。',
      cause: '尝试已经结束、被停止，或已被另一次取代。',
      remedy: '无需处理：运行器会自行停止。',
    },
  },
  log_gap: {
    status: 409,
    mlflow: 'RESOURCE_CONFLICT',
    en: {
      message: 'The log continues at {expectedOffset}, not at {offset}.',
      cause: 'A part of the log has not arrived yet.',
      remedy: 'Nothing to do: the runner sends the missing part again.',
    },
    zh: {
      message: '日志应从 {expectedOffset} 继续，而不是 {offset}。',
      cause: '日志的一部分尚未到达。',
      remedy: '无需处理：运行器会重新发送缺失的部分。',
    },
  },
  idempotency_key_reused: {
    status: 422,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'This idempotency key was used for another request.',
      cause: 'A key stands for one request with one body.',
      remedy: 'Use a new key for a new request.',
    },
    zh: {
      message: '此幂等键已用于另一个请求。',
      cause: '一个键只对应一个请求及其内容。',
      remedy: '新的请求请使用新的键。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
