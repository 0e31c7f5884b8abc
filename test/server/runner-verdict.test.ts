import type { Verdict } from '@novabrain/contracts'
import { outOfMemory } from '../support/h100.js'
import { judge, type EndOfTask, type NotebookReport } from '../../server/src/runner/verdict.js'

const ended: EndOfTask = {
  exitCode: 1,
  signal: null,
  stop: null,
  timedOutAfterMs: null,
  outputTail: '',
  gpuGranted: true,
  memory: { peakMib: 500, limitMib: 4096, oomKills: 0 },
  spoolFull: false,
  notebook: null,
}

const frames = `Traceback (most recent call last):
  File "/job/train.py", line 12, in <module>
    main()
    ~~~~^^
`

const report: NotebookReport = {
  status: 'cell_failed',
  cellIndex: 3,
  cellsDone: 2,
  cellCount: 9,
  ename: null,
  evalue: null,
  traceback: null,
  kernelSignal: null,
  detail: null,
}

interface Case {
  readonly says: string
  readonly end: Partial<EndOfTask>
  readonly verdict: Partial<Verdict>
}

const raised = (line: string): Partial<EndOfTask> => ({ outputTail: `epoch 1\n${frames}${line}\n` })

/** Messages as the frameworks print them. */
const cases: readonly Case[] = [
  { says: 'an exit code of 0', end: { exitCode: 0 }, verdict: { kind: 'succeeded', evidence: null } },
  {
    says: 'PyTorch 2 on a full GPU',
    end: raised(
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 23.68 GiB of which 1.2 GiB is free.',
    ),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'PyTorch 1 on a full GPU',
    end: raised('RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 15.90 GiB total capacity)'),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'PyTorch 2.1 on a full GPU',
    end: raised('torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 512.00 MiB.'),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'PyTorch on a device others have filled',
    end: raised('RuntimeError: CUDA error: out of memory'),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'PyTorch on AMD',
    end: raised('torch.OutOfMemoryError: HIP out of memory. Tried to allocate 8.00 GiB.'),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'cuDNN without room for its workspace',
    end: raised('RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED'),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'cuBLAS without room for its handle',
    end: raised('RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`'),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'TensorFlow on a full GPU',
    end: raised(`tensorflow.python.framework.errors_impl.ResourceExhaustedError: Graph execution error:

Detected at node 'model/conv1/Conv2D' defined at (most recent call last):
OOM when allocating tensor with shape[64,512,512,64] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc`),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'TensorFlow on a full host',
    end: raised(
      'tensorflow.python.framework.errors_impl.ResourceExhaustedError: {{function_node __wrapped__Mul}} OOM when allocating tensor with shape[100000,100000] and type float on /job:localhost/replica:0/task:0/device:CPU:0 by allocator cpu',
    ),
    verdict: { kind: 'out_of_host_memory' },
  },
  {
    says: 'JAX on a full GPU',
    end: raised(
      'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes.',
    ),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'JAX on a full host, without a GPU',
    end: {
      ...raised('jax.errors.JaxRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating 400000000000 bytes.'),
      gpuGranted: false,
    },
    verdict: { kind: 'out_of_host_memory' },
  },
  {
    says: 'a gRPC service that sends too much, which is no matter of memory',
    end: raised('grpc.RpcError: StatusCode.RESOURCE_EXHAUSTED: Received message larger than max (5000 vs. 4194)'),
    verdict: { kind: 'exit_code' },
  },
  {
    says: 'XGBoost on a full GPU',
    end: raised(
      'xgboost.core.XGBoostError: [12:00:01] /workspace/src/c_api/../common/device_helpers.cuh:431: Memory allocation error on worker 0: std::bad_alloc: cudaErrorMemoryAllocation: out of memory',
    ),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'XGBoost on a full host',
    end: raised('xgboost.core.XGBoostError: std::bad_alloc'),
    verdict: { kind: 'out_of_host_memory' },
  },
  {
    says: 'CuPy on a full GPU',
    end: raised(
      'cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 8,000,000,000 bytes (allocated so far: 4,000,000,000 bytes).',
    ),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: "RAPIDS, which wraps CUDA's word in Python's MemoryError",
    end: raised('MemoryError: std::bad_alloc: out_of_memory: CUDA error at: /opt/rmm/mr/device/cuda.hpp:62'),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'Numba on a full GPU',
    end: raised('numba.cuda.cudadrv.driver.CudaAPIError: [2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY'),
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'PaddlePaddle on a full GPU',
    end: raised('SystemError: (Fatal) ResourceExhaustedError:\n\nOut of memory error on GPU 0. Cannot allocate 2.0GB'),
    verdict: {
      kind: 'out_of_gpu_memory',
      evidence: 'Out of memory error on GPU 0. Cannot allocate 2.0GB',
    },
  },
  {
    says: 'numpy on a full host',
    end: raised(
      'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.45 TiB for an array with shape (1000000, 1000000) and data type float64',
    ),
    verdict: { kind: 'out_of_host_memory' },
  },
  { says: 'plain Python on a full host', end: raised('MemoryError'), verdict: { kind: 'out_of_host_memory' } },
  {
    says: "PyTorch's allocator on a full host",
    end: raised(
      "RuntimeError: [enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000 bytes.",
    ),
    verdict: { kind: 'out_of_host_memory' },
  },
  {
    says: 'a fork on a full host',
    end: raised('OSError: [Errno 12] Cannot allocate memory'),
    verdict: { kind: 'out_of_host_memory' },
  },
  {
    says: 'a full disk',
    end: raised("OSError: [Errno 28] No space left on device: 'model.pt'"),
    verdict: { kind: 'disk_full' },
  },
  {
    says: 'a quota of the disk',
    end: raised('OSError: [Errno 122] Disk quota exceeded'),
    verdict: { kind: 'disk_full' },
  },
  {
    says: 'a missing module',
    end: raised("ModuleNotFoundError: No module named 'sklearn.linear_models'"),
    verdict: { kind: 'missing_package', module: 'sklearn.linear_models' },
  },
  {
    says: 'a missing module behind a friendlier error',
    end: {
      outputTail: `${frames}ModuleNotFoundError: No module named 'flash_attn'

The above exception was the direct cause of the following exception:

${frames}ImportError: flash attention is needed for this model\n`,
    },
    verdict: { kind: 'missing_package', module: 'flash_attn' },
  },
  {
    says: 'python -m with a module that is not there',
    end: { outputTail: '/envs/ab/bin/python: No module named torchrun\n' },
    verdict: { kind: 'missing_package', module: 'torchrun' },
  },
  {
    says: 'a package without its metadata',
    end: raised('importlib.metadata.PackageNotFoundError: No package metadata was found for bitsandbytes'),
    verdict: { kind: 'missing_package', module: 'bitsandbytes' },
  },
  {
    says: 'an optional module that was missing and done without, before something else failed',
    end: {
      outputTail: `${frames}ModuleNotFoundError: No module named 'apex'

During handling of the above exception, another exception occurred:

${frames}ValueError: batch size 0\n`,
    },
    verdict: { kind: 'exit_code', evidence: 'ValueError: batch size 0' },
  },
  {
    says: 'a full GPU that was survived with a smaller batch, before something else failed',
    end: {
      outputTail: `CUDA out of memory. Tried to allocate 2 GiB; trying batch size 16\n${frames}KeyError: 'labels'\n`,
    },
    verdict: { kind: 'exit_code', evidence: "KeyError: 'labels'" },
  },
  {
    says: 'torchrun, whose own error hides the cause',
    end: {
      outputTail: `[rank1]: ${frames}[rank1]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.
W0101 api.py:897] Sending process 12 closing signal SIGTERM
${frames}torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \ntrain.py FAILED\n`,
    },
    verdict: { kind: 'out_of_gpu_memory' },
  },
  {
    says: 'bash, whose child the kernel killed for want of memory',
    end: {
      exitCode: 137,
      outputTail: 'run.sh: line 3:    42 Killed    python train.py\n',
      memory: { peakMib: 4000, limitMib: 4096, oomKills: 1 },
    },
    verdict: { kind: 'out_of_host_memory', signal: 'SIGKILL' },
  },
  {
    says: 'bash, whose child was killed with memory to spare',
    end: { exitCode: 137, outputTail: 'run.sh: line 3:    42 Killed    python train.py\n' },
    verdict: {
      kind: 'signal',
      signal: 'SIGKILL',
      evidence: 'The task was killed from outside (SIGKILL); its memory peaked at 500 MiB, 4096 MiB were asked for.',
    },
  },
  {
    says: 'a kill at the limit of memory',
    end: { exitCode: null, signal: 'SIGKILL', memory: { peakMib: 4100, limitMib: 4096, oomKills: 0 } },
    verdict: { kind: 'out_of_host_memory', signal: 'SIGKILL' },
  },
  {
    says: 'a segmentation fault with its line',
    end: {
      exitCode: null,
      signal: 'SIGSEGV',
      outputTail: 'Fatal Python error: Segmentation fault\n\nCurrent thread 0x00 (most recent call first):\n',
    },
    verdict: { kind: 'signal', signal: 'SIGSEGV', evidence: 'Fatal Python error: Segmentation fault' },
  },
  {
    says: 'an abort of C++ for want of memory',
    end: {
      exitCode: null,
      signal: 'SIGABRT',
      outputTail: "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n",
    },
    verdict: { kind: 'out_of_host_memory', signal: 'SIGABRT' },
  },
  {
    says: 'sys.exit with a word of its own',
    end: { exitCode: 3, outputTail: 'loading\n\x1b[31mno data in /data\x1b[0m\r\n' },
    verdict: { kind: 'exit_code', exitCode: 3, evidence: 'no data in /data' },
  },
  {
    says: 'a progress bar as the last line',
    end: { exitCode: 1, outputTail: ' 10%|█\r 20%|██\r 30%|███' },
    verdict: { kind: 'exit_code', evidence: ' 30%|███' },
  },
  { says: 'nothing at all', end: { exitCode: 4 }, verdict: { kind: 'exit_code', exitCode: 4, evidence: null } },
  {
    says: 'a time limit, whatever else is printed',
    end: { ...raised('KeyboardInterrupt'), timedOutAfterMs: 90_000 },
    verdict: { kind: 'timed_out', evidence: 'The time limit of 90 s was reached.' },
  },
  {
    says: 'a wish to cancel',
    end: { exitCode: null, signal: 'SIGTERM', stop: 'cancelled' },
    verdict: { kind: 'cancelled' },
  },
  { says: 'a resize that ended well', end: { exitCode: 0, stop: 'resized' }, verdict: { kind: 'resized' } },
  { says: 'a preemption that ended well', end: { exitCode: 0, stop: 'preempted' }, verdict: { kind: 'preempted' } },
  {
    says: 'a disk too full for the output',
    end: { spoolFull: true, outputTail: 'epoch 9\n' },
    verdict: { kind: 'disk_full' },
  },
  {
    says: 'a cell that raises',
    end: { notebook: { ...report, ename: 'ValueError', evalue: 'x' } },
    verdict: { kind: 'cell_failed', cellIndex: 3, evidence: 'ValueError: x' },
  },
  {
    says: 'a cell on a full GPU',
    end: { notebook: { ...report, ename: 'OutOfMemoryError', evalue: 'CUDA out of memory. Tried to allocate 2 GiB' } },
    verdict: { kind: 'out_of_gpu_memory', cellIndex: 3 },
  },
  {
    says: 'a cell on a full host',
    end: {
      notebook: {
        ...report,
        ename: '_ArrayMemoryError',
        evalue: 'Unable to allocate 7 TiB for an array with shape (9,)',
      },
    },
    verdict: { kind: 'out_of_host_memory', cellIndex: 3 },
  },
  {
    says: 'a cell that lacks a package',
    end: { notebook: { ...report, ename: 'ModuleNotFoundError', evalue: "No module named 'lightgbm'" } },
    verdict: { kind: 'missing_package', module: 'lightgbm', cellIndex: 3 },
  },
  {
    says: 'a kernel the kernel killed for want of memory',
    end: {
      notebook: { ...report, status: 'kernel_died', kernelSignal: 'SIGKILL' },
      memory: { peakMib: 900, limitMib: 4096, oomKills: 1 },
    },
    verdict: { kind: 'out_of_host_memory', signal: 'SIGKILL', cellIndex: 3 },
  },
  {
    says: 'a kernel that left',
    end: { notebook: { ...report, status: 'kernel_died' } },
    verdict: { kind: 'cell_failed', cellIndex: 3, evidence: 'The kernel ended while this cell was running.' },
  },
  {
    says: 'a notebook that is none',
    end: {
      exitCode: 2,
      notebook: { ...report, status: 'refused', cellIndex: null, detail: 'the notebook cannot be read' },
    },
    verdict: { kind: 'snapshot_failed', evidence: 'the notebook cannot be read' },
  },
  {
    says: 'a notebook whose driver was ended before it could say more',
    end: { exitCode: 0, notebook: { ...report, status: 'running' } },
    verdict: { kind: 'exit_code' },
  },
]

test.each(cases)('$says is judged as what it is', ({ end, verdict }) => {
  expect(judge({ ...ended, ...end })).toMatchObject(verdict)
})

test.each(outOfMemory)('what $of printed on an H100 is out of GPU memory, with that line', ({ output, evidence }) => {
  const verdict = judge({ ...ended, outputTail: output })
  expect(verdict).toMatchObject({ kind: 'out_of_gpu_memory', evidence })
})

test.each([
  'GPUassert: out of memory train.cu 42',
  'CUDA error at train.cu:42: out of memory',
  'CUDA Runtime Error: out of memory',
])('a program of CUDA C++ that says "%s" is out of GPU memory', (line) => {
  expect(judge({ ...ended, outputTail: `${line}\n` })).toMatchObject({ kind: 'out_of_gpu_memory', evidence: line })
})

test('evidence is kept to what a page can show', () => {
  const { evidence } = judge({ ...ended, ...raised(`ValueError: ${'x'.repeat(10_000)}`) })
  expect(evidence).toHaveLength(4000)
})
