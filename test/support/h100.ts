/**
 * What one H100 said (driver 580.159.04), to the letter but for the name of the device: `nvidia-smi` to the queries the
 * server and the runner ask, and frameworks whose memory ran out (PyTorch 2.11, CuPy 14.2, JAX 0.11, numba-cuda).
 */
export const uuid = 'GPU-00000000-0000-0000-0000-000000000000'

/** `--query-gpu=index,name,memory.total` */
export const listed = '0, NVIDIA H100 80GB HBM3, 81559\n'

/** `--query-gpu=index,uuid,utilization.gpu,memory.used`, with nothing on the device and with two jobs on it. */
export const idle = `0, ${uuid}, 0, 0\n`
export const shared = `0, ${uuid}, 97, 69431\n`

/** `--query-compute-apps=pid,gpu_uuid,used_memory` of the two. */
export const sharedBy = `774, ${uuid}, 31638\n810, ${uuid}, 37778\n`

/** The second job a moment after the first was gone. */
export const left = { devices: `0, ${uuid}, 98, 31647\n`, processes: `774, ${uuid}, 31638\n` }

const torchAdvice =
  'If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See documentation for Memory Management  (https://docs.pytorch.org/docs/stable/notes/cuda.html#optimizing-memory-usage-with-pytorch-cuda-alloc-conf)'

/** The last lines of programs that found too little memory, and the line that says so. */
export const outOfMemory: readonly { readonly of: string; readonly output: string; readonly evidence: string }[] = [
  of(
    'PyTorch on a whole device',
    `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1024.00 MiB. GPU 0 has a total capacity of 79.18 GiB of which 580.19 MiB is free. Including non-PyTorch memory, this process has 78.60 GiB memory in use. Of the allocated memory 78.00 GiB is allocated by PyTorch, and 8.00 MiB is reserved by PyTorch but unallocated. ${torchAdvice}`,
  ),
  of(
    'PyTorch on a share',
    `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1024.00 MiB. GPU 0 has a total capacity of 79.18 GiB of which 59.66 GiB is free. Including non-PyTorch memory, this process has 19.51 GiB memory in use. 19.79 GiB allowed; Of the allocated memory 19.00 GiB is allocated by PyTorch, and 4.00 MiB is reserved by PyTorch but unallocated. ${torchAdvice}`,
  ),
  of(
    'cuBLAS on a full device',
    'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`',
  ),
  of(
    'CuPy on a device others have filled',
    'cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 1,073,741,824 bytes (allocated so far: 40,802,189,312 bytes).',
  ),
  of(
    'CuPy on a share',
    'cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 1,073,741,824 bytes (allocated so far: 21,474,836,480 bytes, limit set to: 21,474,836,480 bytes).',
  ),
  of(
    'numba on a full device',
    'numba.cuda.cudadrv.driver.CudaAPIError: [<CUresult.CUDA_ERROR_OUT_OF_MEMORY: 2>] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY',
  ),
  of(
    'JAX on a share',
    "jax.errors.JaxRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1.00GiB with allocator GPU_0_bfc on device 0. [tf-allocator-allocation-error=''] [executable_name='jit_broadcast_in_dim']",
    `W1126 00:43:44.161818    1581 bfc_allocator.cc:598] Allocator (GPU_0_bfc) ran out of memory trying to allocate 1.00GiB (rounded to 1073741824) from the lower end requested by op \nIf this is caused by memory fragmentation, the environment variable 'TF_GPU_ALLOCATOR=cuda_malloc_async' may improve the situation.\nCurrent allocation summary follows.\nW1126 00:43:44.162087    1581 bfc_allocator.cc:609] ${'*'.repeat(100)}\n`,
  ),
]

function of(name: string, evidence: string, before = '') {
  const traceback = `${before}Traceback (most recent call last):\n  File "/job/train.py", line 9, in <module>\n    kept.append(more())\n`
  return { of: name, output: `GREW 19\n${traceback}${evidence}\n`, evidence }
}
