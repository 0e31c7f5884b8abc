import { UsageError, textOption, type Command, type Context, type Session } from '../command.js'

/** `novabrain keys`: list, `create NAME`, or `revoke ID`. */
export const keys: Command = {
  usage: 'keys [create NAME [--member NAME] [--expires 2027-01-31] | revoke ID]',
  options: { member: { type: 'string' }, expires: { type: 'string' } },
  async run(context) {
    const session = await context.session()
    const [verb, subject] = context.positionals
    if (verb === 'create' && subject !== undefined) return create(context, session, subject)
    if (verb === 'revoke' && subject !== undefined) {
      const key = await session.client.revokeApiKey({ params: { apiKeyId: subject } })
      context.output.value(key)
      context.output.line(context.texts.revoked(key.name))
      return 0
    }
    if (verb !== undefined) throw new UsageError(context.texts.usage(keys.usage))
    return list(context, session)
  },
}

const list = async (context: Context, session: Session): Promise<number> => {
  const { items } = await session.client.listApiKeys()
  const { columns } = context.texts
  context.output.value(items)
  context.output.table(
    [columns.id, columns.name, columns.status, columns.expires],
    items.map((key) => [key.id, key.name, key.revokedAt === null ? '' : 'revoked', key.expiresAt ?? '']),
  )
  return 0
}

const create = async (context: Context, session: Session, name: string): Promise<number> => {
  const memberName = textOption(context.options, 'member')
  const memberId = memberName === undefined ? undefined : await memberIdOf(context, session, memberName)
  const expires = expiryOf(context)
  const key = await session.client.createApiKey({
    body: {
      name,
      ...(memberId === undefined ? {} : { memberId }),
      ...(expires === undefined ? {} : { expiresAt: expires }),
    },
  })
  context.output.value(key)
  context.output.line(context.texts.keyOnce)
  context.output.line(key.token)
  return 0
}

const expiryOf = (context: Context): string | undefined => {
  const text = textOption(context.options, 'expires')
  if (text === undefined) return undefined
  const timeMs = Date.parse(text)
  if (Number.isNaN(timeMs)) throw new UsageError(context.texts.badDate(text))
  return new Date(timeMs).toISOString()
}

const memberIdOf = async (context: Context, session: Session, name: string): Promise<string> => {
  const { items } = await session.client.listMembers()
  const found = items.find((member) => member.name === name)
  if (found === undefined) throw new UsageError(context.texts.noMember(name))
  return found.id
}
