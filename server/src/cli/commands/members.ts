import { UsageError, type Command } from '../command.js'

/** `novabrain members`: list, or `add NAME` into the project with `--role`. */
export const members: Command = {
  usage: 'members [add NAME [--role viewer|editor|admin]]',
  options: { role: { type: 'string' } },
  async run(context) {
    const session = await context.session()
    const [verb, name] = context.positionals
    if (verb !== undefined) {
      const role = roles.find((candidate) => candidate === (context.options['role'] ?? 'editor'))
      if (verb !== 'add' || name === undefined || role === undefined)
        throw new UsageError(context.texts.usage(members.usage))
      const member = await session.client.createMember({ body: { name } })
      const params = { projectId: await session.projectId(), memberId: member.id }
      await session.client.putMembership({ params, body: { role } })
      context.output.value(member)
      context.output.line(`${member.name}  ${role}`)
      return 0
    }
    const { items } = await session.client.listMembers()
    const { columns } = context.texts
    context.output.value(items)
    context.output.table(
      [columns.name, columns.role, columns.id],
      items.map((m) => [m.name, m.tenantOwner ? 'owner' : '', m.id]),
    )
    return 0
  },
}

const roles = ['viewer', 'editor', 'admin'] as const
