/** What a line of output says about why a task failed, and for which kinds of failure. */
export type Finding =
  | { readonly kind: 'out_of_gpu_memory' | 'out_of_host_memory' | 'disk_full' }
  | { readonly kind: 'missing_package'; readonly module: string }

/** `where` is known only to those who know whether the job was given a GPU. */
interface Pattern {
  readonly matches: RegExp
  readonly kind: 'out_of_gpu_memory' | 'out_of_host_memory' | 'disk_full' | 'missing_package' | 'out_of_memory'
}

/**
 * Sentences of drivers, frameworks and Python, in the order they are tried: the GPU's first, since RAPIDS wraps a CUDA
 * failure in Python's `MemoryError`. `out_of_memory` is said by frameworks that do not tell which memory was full.
 */
const patterns: readonly Pattern[] = [
  // PyTorch, also on AMD and Apple devices
  { matches: /(CUDA|HIP|XPU|NPU|MPS backend) out of memory/i, kind: 'out_of_gpu_memory' },
  { matches: /torch\.(cuda\.)?OutOfMemoryError/, kind: 'out_of_gpu_memory' },
  { matches: /(CUDA|HIP)( runtime)? error.{0,200}out of memory|GPUassert: out of memory/i, kind: 'out_of_gpu_memory' },
  // The driver and NVIDIA's libraries, through whichever framework
  { matches: /CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|hipErrorOutOfMemory/, kind: 'out_of_gpu_memory' },
  { matches: /(CUDNN|CUBLAS|CUSOLVER|CUSPARSE|CUFFT)_(STATUS_)?ALLOC_FAILED/, kind: 'out_of_gpu_memory' },
  { matches: /bad_alloc: (CUDA error|out_of_memory: CUDA)|rmm::out_of_memory/, kind: 'out_of_gpu_memory' },
  { matches: /NCCL.*out of memory/i, kind: 'out_of_gpu_memory' },
  // CuPy, PaddlePaddle, LightGBM on OpenCL
  { matches: /cupy.*OutOfMemoryError: Out of memory allocating/, kind: 'out_of_gpu_memory' },
  { matches: /Out of memory error on GPU \d+/, kind: 'out_of_gpu_memory' },
  { matches: /CL_MEM_OBJECT_ALLOCATION_FAILURE|CL_OUT_OF_RESOURCES/, kind: 'out_of_gpu_memory' },
  // TensorFlow names the device
  { matches: /OOM when allocating tensor.*(device:GPU|by allocator GPU|gpu_\w*bfc)/is, kind: 'out_of_gpu_memory' },
  { matches: /OOM when allocating tensor.*(device:CPU|by allocator (cpu|mklcpu))/is, kind: 'out_of_host_memory' },
  { matches: /OOM when allocating tensor/, kind: 'out_of_memory' },
  // JAX and TensorFlow's XLA do not
  { matches: /RESOURCE_EXHAUSTED.*(out of memory|failed to allocate|allocat)/is, kind: 'out_of_memory' },
  { matches: /Failed to allocate memory for requested buffer of size/, kind: 'out_of_memory' },
  // The host
  { matches: /DefaultCPUAllocator: (can't allocate memory|not enough memory)/, kind: 'out_of_host_memory' },
  { matches: /Unable to allocate .* for an array with shape/, kind: 'out_of_host_memory' },
  { matches: /std::bad_alloc/, kind: 'out_of_host_memory' },
  { matches: /\[Errno 12\]|Cannot allocate memory/, kind: 'out_of_host_memory' },
  { matches: /java\.lang\.OutOfMemoryError/, kind: 'out_of_host_memory' },
  { matches: /dataloader's workers are out of shared memory/, kind: 'out_of_host_memory' },
  { matches: /^(\w+\.)*MemoryError\b/m, kind: 'out_of_host_memory' },
  // The disk
  { matches: /\[Errno 28\]|No space left on device|\bENOSPC\b/, kind: 'disk_full' },
  { matches: /\[Errno 122\]|Disk quota exceeded/, kind: 'disk_full' },
  { matches: /database or disk is full/, kind: 'disk_full' },
  // Packages
  { matches: /ModuleNotFoundError: No module named '([\w.]+)'/, kind: 'missing_package' },
  { matches: /ImportError: No module named '?([\w.]+)'?/, kind: 'missing_package' },
  { matches: /PackageNotFoundError: No package metadata was found for (\S+)/, kind: 'missing_package' },
  { matches: /python[\d.]*(?:\.exe)?: No module named ([\w.]+)/i, kind: 'missing_package' },
]

/** What this text (an exception's message, or a line) says, or `null`. `gpuGranted`: whether the task had a GPU. */
export const findingOf = (text: string, gpuGranted: boolean): Finding | null => {
  for (const { matches, kind } of patterns) {
    const match = matches.exec(text)
    if (match === null) continue
    if (kind === 'missing_package') return { kind, module: match[1] ?? '?' }
    if (kind === 'out_of_memory') return { kind: gpuGranted ? 'out_of_gpu_memory' : 'out_of_host_memory' }
    return { kind }
  }
  return null
}
