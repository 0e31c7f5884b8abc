import { Type } from '@sinclair/typebox'
import { defineTool, type Tool } from '../tool.js'
import { requestFor, WantedJob } from '../wanted-job.js'

const what =
  'Either `fromJob` (the same code and environment as an earlier job, with other parameters or resources) or `script` (Python source) with `environment` (a digest of list_environments; null or left out runs in the plain Python of the node). `resources.gpuCount` is 0 unless asked for.'

/** Running something: first what it would mean, then, confirmed, the doing. */
export const submitTools: readonly Tool[] = [
  defineTool({
    name: 'plan_job',
    title: { en: 'Plan a job', 'zh-CN': '规划作业' },
    description: `What would happen to such a job now: device, wait and its reason, the GPU hours it may use at most and what is left of the day's limit. Nothing runs. The confirmation it gives is good for ten minutes, for exactly this request. Show the user what it says before submitting. ${what}`,
    input: WantedJob,
    role: 'editor',
    hints: { readOnly: true },
    run: async ({ input, scope, locale, services }) => {
      const { jobs } = services.jobModules
      const request = await requestFor(scope, input, services)
      const preview = await jobs.preview(scope, request, locale)
      const timeLimitMs = request.timeLimitMs ?? null
      const allowance = await jobs.allowance(scope, { resources: preview.resources, timeLimitMs })
      return { preview, ...allowance, ...(await services.jobPlans.remember(scope, request)) }
    },
  }),
  defineTool({
    name: 'submit_job',
    title: { en: 'Submit a job', 'zh-CN': '提交作业' },
    description: `Submit a job that plan_job planned: the same input, with its \`confirmation\`. It uses GPU time in the name of the user, so submit only what they agreed to. The same confirmation again gives the same job. ${what}`,
    input: Type.Composite([WantedJob, Type.Object({ confirmation: Type.String({ minLength: 1, maxLength: 100 }) })]),
    role: 'editor',
    hints: { readOnly: false, destructive: false },
    run: async ({ input, scope, locale, services }) => {
      const { confirmation, ...wanted } = input
      const request = await requestFor(scope, wanted, services)
      const planId = await services.jobPlans.confirm(scope, confirmation, request)
      return services.jobModules.jobs.submit(scope, request, { idempotencyKey: `plan:${planId}`, locale })
    },
  }),
]
