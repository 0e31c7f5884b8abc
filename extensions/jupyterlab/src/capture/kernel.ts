import type { ISessionContext } from '@jupyterlab/apputils'
import type { Kernel, ServiceManager } from '@jupyterlab/services'
import type { IStreamMsg } from '@jupyterlab/services/lib/kernel/messages'
import { NovaBrainError } from '@novabrain/contracts'

/** How long a question may take before the kernel counts as busy with something else. */
const patienceMs = 30_000

/**
 * Run a program in a kernel without a trace: no history, no counter, no output in the notebook. Gives what it printed.
 * Throws `kernel_busy` when a cell is running (the question would wait behind it) and `python_not_found` when there is no
 * live kernel.
 */
export const askKernel = async (kernel: Kernel.IKernelConnection | null, program: string): Promise<string> => {
  const ready = usable(kernel)
  const future = ready.requestExecute({
    code: program,
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false,
  })
  let printed = ''
  future.onIOPub = (message) => {
    if (message.header.msg_type === 'stream') printed += (message as IStreamMsg).content.text
  }
  try {
    await inTime(future.done)
    return printed
  } finally {
    future.dispose()
  }
}

/** The kernel of a notebook. One that is just starting is waited for; `null` when there is none to wait for. */
export const kernelOf = async (context: ISessionContext): Promise<Kernel.IKernelConnection | null> => {
  await inTime(context.ready)
  return context.session?.kernel ?? null
}

/** A kernel beside the one of the notebook, to be asked when that one is busy or absent. */
export interface HelperKernel {
  run(program: string): Promise<string>
  /** End it, if it was ever started. */
  dispose(): void
}

/**
 * A kernel of the same kind in the same folder: it has the same packages and sees the same files. It is started when
 * first asked, takes a second or two, and ends when disposed.
 */
export const helperKernel = (
  { kernels, kernelspecs }: ServiceManager.IManager,
  path: string,
  name: () => string | undefined,
): HelperKernel => {
  let started: Promise<Kernel.IKernelConnection> | null = null
  const start = async () => {
    await kernelspecs.ready
    const wanted = { name: name() ?? kernelspecs.specs?.default ?? 'python3', path }
    const kernel = await kernels.startNew(wanted)
    await kernel.info
    return kernel
  }
  return {
    run: async (program) => askKernel(await (started ??= start()), program),
    dispose: () => void started?.then((kernel) => kernel.shutdown()).catch(() => undefined),
  }
}

const usable = (kernel: Kernel.IKernelConnection | null): Kernel.IKernelConnection => {
  if (kernel === null || kernel.isDisposed || kernel.status === 'dead') throw new NovaBrainError('python_not_found')
  if (kernel.status === 'busy') throw new NovaBrainError('kernel_busy')
  return kernel
}

const inTime = async (done: Promise<unknown>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NovaBrainError('kernel_busy')), patienceMs)
  })
  await Promise.race([done, late]).finally(() => clearTimeout(timer))
}
