/**
 * The part of `@novabrain/ui` that is plain words and numbers, for tests of the extension host: like it, they have no page,
 * and the elements want one.
 */
export { queueTabs, runTabs } from '../../shared/ui/src/host.js'
export { counted, fill, stringsOf } from '../../shared/ui/src/locales/strings.js'
export { cardErrorOf } from '../../shared/ui/src/format/error.js'
export { formatAge, formatInstant } from '../../shared/ui/src/format/age.js'
export { formatBytes, formatMib } from '../../shared/ui/src/format/bytes.js'
export { durationBetween, formatDuration } from '../../shared/ui/src/format/duration.js'
export { formatCount, formatMetric } from '../../shared/ui/src/format/number.js'
export { joinArguments, splitArguments } from '../../shared/ui/src/format/parameters.js'
export { runRows } from '../../shared/ui/src/format/run-rows.js'
export {
  formatJobDevice,
  formatModel,
  formatResources,
  isSimulated,
  rangeOf,
} from '../../shared/ui/src/format/resources.js'
export { formatSubmitter } from '../../shared/ui/src/format/submitter.js'
export { verdictOf, verdictSentence } from '../../shared/ui/src/format/verdict.js'
