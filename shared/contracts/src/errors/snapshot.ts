import type { ErrorDefinition } from './define.js'

export const snapshotErrors = {
  snapshot_path_invalid: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The path {path} cannot be part of a snapshot.',
      cause: 'Paths must be relative and stay inside their folder.',
      remedy: 'Move the file into the folder of the notebook.',
    },
    zh: {
      message: '路径 {path} 不能包含在快照中。',
      cause: '路径必须是相对路径，且不得越出其文件夹。',
      remedy: '请将文件移到笔记本所在的文件夹。',
    },
  },
  snapshot_too_large: {
    status: 413,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The code is too large: {sizeMib} MiB, where {limitMib} MiB are allowed.',
      cause: 'A snapshot is for code and small files.',
      remedy: 'Leave large files out, and read data from where it lies.',
    },
    zh: {
      message: '代码过大：{sizeMib} MiB，上限为 {limitMib} MiB。',
      cause: '快照用于代码和小文件。',
      remedy: '请排除大文件，并从数据所在位置读取数据。',
    },
  },
  code_snapshot_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no such code snapshot.',
      cause: 'The snapshot does not exist in this project.',
      remedy: 'Submit again from the editor.',
    },
    zh: {
      message: '没有这个代码快照。',
      cause: '该项目中不存在此快照。',
      remedy: '请从编辑器重新提交。',
    },
  },
  blob_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'The server does not have this content.',
      cause: 'It was never uploaded, or was removed.',
      remedy: 'Upload it again.',
    },
    zh: {
      message: '服务器没有此内容。',
      cause: '内容从未上传，或已被删除。',
      remedy: '请重新上传。',
    },
  },
  blob_digest_mismatch: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The upload arrived damaged.',
      cause: 'The bytes do not have the digest in the address.',
      remedy: 'Try again.',
    },
    zh: {
      message: '上传的内容在传输中损坏。',
      cause: '内容与地址中的摘要不一致。',
      remedy: '请重试。',
    },
  },
  upload_too_large: {
    status: 413,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The upload is larger than {limitMib} MiB.',
      cause: 'One upload may not exceed the limit of the server.',
      remedy: 'Make it smaller, or ask the admin to raise `uploadLimitMib`.',
    },
    zh: {
      message: '上传内容超过 {limitMib} MiB。',
      cause: '单次上传不得超过服务器的限制。',
      remedy: '请缩小内容，或请管理员调高 `uploadLimitMib`。',
    },
  },
  blob_store_unavailable: {
    status: 503,
    mlflow: 'TEMPORARILY_UNAVAILABLE',
    en: {
      message: 'The store of files does not answer.',
      cause: 'The S3 store cannot be reached, refuses the keys, or has no such bucket.',
      remedy: 'Try again in a moment. Whoever runs the server finds the reason in its log.',
    },
    zh: {
      message: '文件存储没有响应。',
      cause: '无法连接 S3 存储、密钥被拒绝，或存储桶不存在。',
      remedy: '请稍后重试。服务器管理员可在日志中查看原因。',
    },
  },
  multipart_upload_invalid: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: 'The parts of the upload do not fit together.',
      cause: 'A part is missing, was changed, or the upload was aborted.',
      remedy: 'Upload the file again.',
    },
    zh: {
      message: '上传的各部分无法拼合。',
      cause: '某个部分缺失、已被更改，或上传已中止。',
      remedy: '请重新上传该文件。',
    },
  },
  multipart_upload_not_found: {
    status: 404,
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    en: {
      message: 'There is no upload {uploadId} of this file.',
      cause: 'It was aborted, belongs to another file, or was begun more than a day ago.',
      remedy: 'Upload the file again.',
    },
    zh: {
      message: '此文件没有编号为 {uploadId} 的上传。',
      cause: '该上传已中止、属于另一文件，或开始于一天以前。',
      remedy: '请重新上传该文件。',
    },
  },
  blob_cleared_up: {
    status: 503,
    mlflow: 'TEMPORARILY_UNAVAILABLE',
    en: {
      message: 'The bytes were cleared up before anything referred to them.',
      cause: 'The upload took longer to be finished than the server keeps bytes that nobody refers to.',
      remedy: 'Send the file again.',
    },
    zh: {
      message: '在被引用之前，这些字节已被清理。',
      cause: '完成上传的时间超过了服务器保留未被引用字节的时间。',
      remedy: '请重新发送该文件。',
    },
  },
  disk_full: {
    status: 507,
    mlflow: 'RESOURCE_EXHAUSTED',
    en: {
      message: 'The disk of the server is full.',
      cause: 'There is no room left where NovaBrain keeps its data.',
      remedy: 'Free space on the disk of the server, then try again; nothing was lost.',
    },
    zh: {
      message: '服务器磁盘已满。',
      cause: 'NovaBrain 数据所在的磁盘没有剩余空间。',
      remedy: '请在服务器上释放磁盘空间后重试；数据没有丢失。',
    },
  },
  entrypoint_not_in_snapshot: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{path} is not among the files of the snapshot.',
      cause: 'The file to run must be uploaded with the job.',
      remedy: 'Include the file, and submit again.',
    },
    zh: {
      message: '{path} 不在快照文件中。',
      cause: '要运行的文件必须随作业上传。',
      remedy: '请包含该文件后重新提交。',
    },
  },
  notebook_invalid: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{path} is not a readable notebook: {detail}',
      cause: 'The file is not valid notebook JSON (nbformat 4).',
      remedy: 'Open it in JupyterLab, save it again, then submit.',
    },
    zh: {
      message: '{path} 不是可读取的笔记本：{detail}',
      cause: '文件不是有效的笔记本 JSON（nbformat 4）。',
      remedy: '请在 JupyterLab 中打开并重新保存，然后提交。',
    },
  },
  notebook_broken: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{path} is not valid JSON: line {line}, column {column}.',
      cause: 'The file was cut off, merged with conflict marks, or edited by hand.',
      remedy: 'Look at that line, or bring back the last good version of the notebook.',
    },
    zh: {
      message: '{path} 不是有效的 JSON：第 {line} 行，第 {column} 列。',
      cause: '文件被截断、含有合并冲突标记，或被手工改动。',
      remedy: '请检查该行，或恢复笔记本的上一个正常版本。',
    },
  },
  notebook_too_old: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{path} is a notebook of format {version}; format 4 is needed.',
      cause: 'The notebook was made before 2015.',
      remedy: 'Open it in JupyterLab and save it, or run `jupyter nbconvert --to notebook --inplace` on it.',
    },
    zh: {
      message: '{path} 是格式 {version} 的笔记本；需要格式 4。',
      cause: '该笔记本创建于 2015 年之前。',
      remedy: '请在 JupyterLab 中打开并保存，或对其运行 `jupyter nbconvert --to notebook --inplace`。',
    },
  },
  notebook_not_python: {
    status: 400,
    mlflow: 'INVALID_PARAMETER_VALUE',
    en: {
      message: '{path} is a {language} notebook; only Python runs here.',
      cause: 'NovaBrain runs Python kernels.',
      remedy: 'Choose a Python kernel for the notebook.',
    },
    zh: {
      message: '{path} 是 {language} 笔记本；此处只能运行 Python。',
      cause: 'NovaBrain 运行 Python 内核。',
      remedy: '请为笔记本选择 Python 内核。',
    },
  },
} as const satisfies Record<string, ErrorDefinition>
