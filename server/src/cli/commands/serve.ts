import { loadConfig } from '../../config.js'
import { startServer } from '../../main.js'
import { integerOption, textOption, type Command } from '../command.js'

/** `novabrain serve`: run the server until SIGTERM or SIGINT. */
export const serve: Command = {
  usage: 'serve [--host 127.0.0.1] [--port 7077] [--gpus auto|none|4x24GiB] [--stop-jobs-on-exit]',
  options: {
    host: { type: 'string' },
    port: { type: 'string' },
    gpus: { type: 'string' },
    'stop-jobs-on-exit': { type: 'boolean' },
  },
  async run({ home, environment, options, texts, output }) {
    const host = textOption(options, 'host')
    const port = integerOption(options, 'port', texts)
    const gpus = textOption(options, 'gpus')
    const config = await loadConfig(home, environment, {
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...(gpus === undefined ? {} : { gpus }),
      ...(options['stop-jobs-on-exit'] === true ? { stopJobsOnExit: true } : {}),
    })
    const interrupted = interruption()
    const server = await startServer(config, { environment })
    output.error(texts.listening(server.url))
    await interrupted
    await server.close()
    return 0
  },
}

/** Heard from the beginning: whoever is asked to stop while starting has a PostgreSQL to stop too. */
const interruption = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
