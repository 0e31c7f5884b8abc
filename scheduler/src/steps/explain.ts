import type { HoldDecision, ReserveDecision, ResizeDecision, Suggestion, UnfitFacts } from '../model/decision.js'
import { chinese } from '../words/zh.js'
import { english } from '../words/en.js'
import type { Words } from '../words/words.js'

/** The languages in which decisions are told. */
export type ExplainLocale = 'en' | 'zh-CN'

/** Sentences for a waiting job: what happened and who holds what it needs; what smaller request would start now. */
export interface HoldText {
  readonly message: string
  readonly suggestionMessage: string | null
}

const wordsOf: Readonly<Record<ExplainLocale, Words>> = { en: english, 'zh-CN': chinese }

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/**
 * Puts a decision into words. `nameOf` turns a job id into what people say (`#18`), or into an empty text where the
 * reader may not know of that job.
 */
export const explainHold = (
  decision: HoldDecision | ReserveDecision,
  locale: ExplainLocale,
  nameOf: (jobId: string) => string = (jobId) => jobId,
): HoldText => {
  const words = wordsOf[locale]
  const isPossible = decision.reason !== 'never_fits' && decision.reason !== 'no_node_matches'
  const { suggestion } = decision
  const say = isPossible ? words.wouldStart : words.wouldFit
  return {
    message: words.cause(decision, nameOf),
    suggestionMessage: suggestion === null ? null : capitalised(say(suggestion.change)),
  }
}

/** Puts into words why a running job begins again with another number of devices. */
export const explainResize = (
  decision: ResizeDecision,
  locale: ExplainLocale,
  nameOf: (jobId: string) => string = (jobId) => jobId,
): string => wordsOf[locale].resize(decision, nameOf)

/** Puts into words why no node can ever run a request (`resources_never_available`: detail and suggestion). */
export const explainUnfit = (
  unfit: { readonly facts: UnfitFacts; readonly suggestion: Suggestion | null },
  locale: ExplainLocale,
): HoldText => ({
  message: wordsOf[locale].unfit(unfit.facts),
  suggestionMessage: unfit.suggestion === null ? null : capitalised(wordsOf[locale].wouldFit(unfit.suggestion.change)),
})
