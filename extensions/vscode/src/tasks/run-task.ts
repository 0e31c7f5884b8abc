import { cardError, NovaBrainError, sentences, type Job } from '@novabrain/contracts'
import path from 'node:path'
import type { App } from '../app.js'
import { submitMemory } from '../capture/memory.js'
import { sourceOf } from '../capture/source.js'
import { submissionOf } from '../capture/submission.js'
import type { Live } from '../session.js'
import type { TaskDefinition } from './definition.js'

/** Submit what a task names; says each step as a line. Gives the job, or `null` after having said why there is none. */
export const submitTask = async (
  app: App,
  definition: TaskDefinition,
  folder: string,
  say: (line: string) => void,
): Promise<{ readonly live: Live; readonly job: Job } | null> => {
  const { editor, session } = app
  if (!editor.trusted)
    return refused(say, editor.t('This folder is not trusted, so nothing is run or uploaded from it.'))
  const live = await session.live()
  if (live === null) return refused(say, editor.t('Not signed in: run “NovaBrain: Sign in”.'))
  try {
    const file = path.isAbsolute(definition.file) ? definition.file : path.join(folder, definition.file)
    const document = await editor.documents.open(file)
    if (document === null) return refused(say, editor.t('There is no file {0}.', file))
    const source = await sourceOf(app, document)
    const submission = submissionOf(app, live, { source, asLastTime: false, changed: () => undefined })
    await submission.infer()
    const { draft } = submission
    if (draft.environment.state === 'pinned')
      say(editor.t('environment pinned, {0}', editor.t('{0} packages', draft.environment.packageCount)))
    if (draft.preview.state === 'ready') say(draft.preview.preview.message)
    await submission.submit({
      name: draft.name,
      resources: { ...draft.resources, gpuCount: definition.gpus, maxGpuCount: definition.maxGpus },
      priorityClass: definition.priority,
      parameters: definition.parameters,
      arguments: definition.args,
      leaveOut: [],
      takeAlong: [],
    })
    const { progress } = submission
    if (progress.kind === 'failed')
      throw new Error(sentences([progress.error.message, progress.error.remedy], editor.locale))
    if (progress.kind !== 'sent')
      return refused(
        say,
        editor.t('The server is away. {0} is kept and will be sent once, when it answers.', draft.name),
      )
    submitMemory(editor.memory).keepFolder(progress.runId, path.dirname(source.path))
    const run = await live.client.getRun({ params: { projectId: live.projectId, runId: progress.runId } })
    if (run.job === null) throw new NovaBrainError('job_not_found', { jobId: progress.runId })
    say(editor.t('Submitted as #{0}', progress.jobNumber))
    return { live, job: await live.client.getJob({ params: { projectId: live.projectId, jobId: run.job.id } }) }
  } catch (error) {
    const { message, remedy } = cardError(error, editor.locale)
    return refused(say, sentences([message, remedy], editor.locale))
  }
}

const refused = (say: (line: string) => void, words: string): null => {
  say(words)
  return null
}
