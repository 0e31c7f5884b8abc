import { UsageError, type Command } from '../command.js'

/** `novabrain projects`: list, or `create NAME`. */
export const projects: Command = {
  usage: 'projects [create NAME]',
  options: {},
  async run(context) {
    const session = await context.session()
    const [verb, name] = context.positionals
    if (verb !== undefined) {
      if (verb !== 'create' || name === undefined) throw new UsageError(context.texts.usage(projects.usage))
      const project = await session.client.createProject({ body: { name } })
      context.output.value(project)
      context.output.line(project.name)
      return 0
    }
    const me = await session.me()
    const { columns } = context.texts
    context.output.value(me.projects)
    context.output.table(
      [columns.name, columns.role, columns.id],
      me.projects.map(({ project, role }) => [project.name, role, project.id]),
    )
    return 0
  },
}
