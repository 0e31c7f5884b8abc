import type { Job } from '@novabrain/contracts'
import { fill, type Strings } from '../locales/strings.js'

/** Who submitted a job, and whether an assistant did so in their name. */
export const formatSubmitter = (
  { submittedBy, origin }: Pick<Job, 'submittedBy' | 'origin'>,
  { facts }: Pick<Strings, 'facts'>,
): string => (origin === 'assistant' ? fill(facts.throughAssistant, { name: submittedBy }) : submittedBy)
