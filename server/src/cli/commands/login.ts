import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { UsageError, textOption, type Command } from '../command.js'
import { openSession } from '../session.js'

/** `novabrain login`: read an API key from standard input, try it, and keep it readable for this user only. */
export const login: Command = {
  usage: 'login --url https://novabrain.example [< key]',
  options: { url: { type: 'string' } },
  async run(context) {
    const url = textOption(context.options, 'url') ?? context.environment['NOVABRAIN_URL']
    if (url === undefined) throw new UsageError(context.texts.usage(login.usage))
    const token = await readKey()
    const environment = { ...context.environment, NOVABRAIN_URL: url, NOVABRAIN_TOKEN: token }
    const session = await openSession({ ...context, environment, projectName: undefined })
    const me = await session.me()
    await keep(context.home, 'credentials.json', { url, token, projectId: await session.projectId() })
    context.output.value({ member: me.member.name, tenant: me.tenant.name })
    context.output.line(context.texts.signedIn(me.member.name, me.tenant.name))
    return 0
  },
}

const readKey = async (): Promise<string> => {
  const lines = createInterface({ input: process.stdin })
  for await (const line of lines) if (line.trim() !== '') return line.trim()
  return ''
}

const keep = async (home: string, file: string, value: unknown): Promise<void> => {
  await mkdir(home, { recursive: true, mode: 0o700 })
  await writeFile(path.join(home, file), JSON.stringify(value), { mode: 0o600 })
  await chmod(path.join(home, file), 0o600)
}
