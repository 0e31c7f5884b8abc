export {
  queueTabs,
  runTabs,
  type Host,
  type HostAction,
  type LiveEvents,
  type ModelTarget,
  type QueueTab,
  type RunTab,
  type ThemeKind,
  type ThemeSignal,
} from './host.js'
export { defineElements } from './define-elements.js'
export { applyTheme, type Face } from './theme/tokens.js'
export { emit, type NbEvents } from './elements/events.js'
export { NbElement } from './elements/base.js'
export { Remote } from './elements/remote.js'
export { baseStyles } from './elements/styles.js'
export { prose } from './elements/prose.js'
export { rerunJob, stopJob } from './elements/job-actions.js'
export { counted, fill, stringsOf, type Plural, type Strings } from './locales/strings.js'
export { cardErrorOf } from './format/error.js'
export { formatAge, formatInstant, type AgeWords } from './format/age.js'
export { formatBytes, formatMib } from './format/bytes.js'
export { durationBetween, formatDuration, type DurationWords } from './format/duration.js'
export { formatCount, formatMetric } from './format/number.js'
export { joinArguments, splitArguments } from './format/parameters.js'
export { runRows, type RunRow } from './format/run-rows.js'
export { formatJobDevice, formatModel, formatResources, isSimulated, rangeOf } from './format/resources.js'
export { formatSubmitter } from './format/submitter.js'
export { verdictOf, verdictSentence } from './format/verdict.js'
export type { NbEmptyState } from './elements/empty-state.js'
export type { NbEnvironmentChip } from './elements/environment-chip.js'
export type { NbEnvironmentDiff } from './elements/environment-diff.js'
export type { NbErrorCard } from './elements/error-card.js'
export type { NbFileList } from './elements/file-list.js'
export type { NbJobTable } from './elements/job-table.js'
export type { NbLogView } from './elements/log-view.js'
export type { NbMetricChart } from './elements/metric-chart.js'
export type { NbModelList } from './elements/model-list.js'
export type { NbModelPage } from './elements/model-page.js'
export type { NbNodeGrid } from './elements/node-grid.js'
export type { NbClusterUse } from './elements/cluster-use.js'
export type { NbPolicyForm } from './elements/policy-form.js'
export type { NbQueuePage } from './elements/queue-page.js'
export type { NbQueueTable } from './elements/queue-table.js'
export type { NbRunList } from './elements/run-list.js'
export type { NbRunCompare } from './elements/run-compare.js'
export type { NbRunPage } from './elements/run-page.js'
export type { NbRunTable } from './elements/run-table.js'
export type { NbStatusBadge } from './elements/status-badge.js'
export type { NbSubmitCard } from './elements/submit-card.js'
export type { NbVersionPage } from './elements/version-page.js'
