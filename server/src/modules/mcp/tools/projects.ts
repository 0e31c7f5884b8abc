import { Type } from '@sinclair/typebox'
import { defineTool, type Tool } from '../tool.js'

/** Where one may work, and with which environments. */
export const projectTools: readonly Tool[] = [
  defineTool({
    name: 'list_projects',
    title: { en: 'List projects', 'zh-CN': '列出项目' },
    description: 'The projects you may see, with your role in each: viewer reads, editor also submits and stops jobs.',
    input: Type.Object({}),
    role: null,
    hints: { readOnly: true },
    run: ({ identity }) =>
      Promise.resolve({
        projects: identity.projects.map(({ project, role }) => ({ id: project.id, name: project.name, role })),
      }),
  }),
  defineTool({
    name: 'list_environments',
    title: { en: 'List environments', 'zh-CN': '列出环境' },
    description:
      'The pinned Python environments of the project, newest first. A digest is what plan_job takes as `environment`.',
    input: Type.Object({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
      cursor: Type.Optional(Type.String({ maxLength: 200 })),
    }),
    role: 'viewer',
    hints: { readOnly: true },
    run: ({ input, scope, services }) => services.environmentPins.list(scope, { limit: 20, ...input }),
  }),
]
