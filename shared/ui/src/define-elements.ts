import { defineColumnChooser } from './elements/column-chooser.js'
import { defineClusterUse } from './elements/cluster-use.js'
import { defineCompareChart } from './elements/compare-chart.js'
import { defineConnectionBar } from './elements/connection-bar.js'
import { defineDrop } from './elements/drop.js'
import { defineEditableText } from './elements/editable-text.js'
import { defineEmptyState } from './elements/empty-state.js'
import { defineEnvironmentChip } from './elements/environment-chip.js'
import { defineEnvironmentDiff } from './elements/environment-diff.js'
import { defineErrorCard } from './elements/error-card.js'
import { defineExperimentPicker } from './elements/experiment-picker.js'
import { defineFileList } from './elements/file-list.js'
import { defineFilePreview } from './elements/file-preview.js'
import { defineGhost } from './elements/ghost.js'
import { defineHoldCard } from './elements/hold-card.js'
import { defineJobTable } from './elements/job-table.js'
import { defineLogView } from './elements/log-view.js'
import { defineMetricChart } from './elements/metric-chart.js'
import { defineModelList } from './elements/model-list.js'
import { defineModelPage } from './elements/model-page.js'
import { defineNodeGrid } from './elements/node-grid.js'
import { defineParallelPlot } from './elements/parallel-plot.js'
import { definePolicyForm } from './elements/policy-form.js'
import { defineQueuePage } from './elements/queue-page.js'
import { defineQueueForm } from './elements/queue-form.js'
import { defineQueueTable } from './elements/queue-table.js'
import { defineRegisterCard } from './elements/register-card.js'
import { defineResourceChart } from './elements/resource-chart.js'
import { defineResourceUse } from './elements/resource-use.js'
import { defineRunCode } from './elements/run-code.js'
import { defineRunCompare } from './elements/run-compare.js'
import { defineRunEnvironment } from './elements/run-environment.js'
import { defineRunFiles } from './elements/run-files.js'
import { defineRunFilter } from './elements/run-filter.js'
import { defineRunGrid } from './elements/run-grid.js'
import { defineRunList } from './elements/run-list.js'
import { defineRunMetrics } from './elements/run-metrics.js'
import { defineRunModels } from './elements/run-models.js'
import { defineRunOverview } from './elements/run-overview.js'
import { defineRunPage } from './elements/run-page.js'
import { defineRunParams } from './elements/run-params.js'
import { defineRunPlots } from './elements/run-plots.js'
import { defineRunTable } from './elements/run-table.js'
import { defineRunTraces } from './elements/run-traces.js'
import { defineScatterPlot } from './elements/scatter-plot.js'
import { defineStatusBadge } from './elements/status-badge.js'
import { defineSubmitCard } from './elements/submit-card.js'
import { defineTraceList } from './elements/trace-list.js'
import { defineTracePage } from './elements/trace-page.js'
import { defineTraceSpan } from './elements/trace-span.js'
import { defineTraceTree } from './elements/trace-tree.js'
import { defineVerdictCard } from './elements/verdict-card.js'
import { defineVersionAliases } from './elements/version-aliases.js'
import { defineVersionFiles } from './elements/version-files.js'
import { defineVersionLineage } from './elements/version-lineage.js'
import { defineVersionPage } from './elements/version-page.js'
import { defineVersionSignature } from './elements/version-signature.js'

/** Register every element; a second call, or a second copy of the library, changes nothing. */
export const defineElements = (): void => {
  defineColumnChooser()
  defineClusterUse()
  defineCompareChart()
  defineConnectionBar()
  defineDrop()
  defineEditableText()
  defineEmptyState()
  defineEnvironmentChip()
  defineEnvironmentDiff()
  defineErrorCard()
  defineExperimentPicker()
  defineFileList()
  defineFilePreview()
  defineGhost()
  defineHoldCard()
  defineJobTable()
  defineLogView()
  defineMetricChart()
  defineModelList()
  defineModelPage()
  defineNodeGrid()
  defineParallelPlot()
  definePolicyForm()
  defineQueuePage()
  defineQueueForm()
  defineQueueTable()
  defineRegisterCard()
  defineResourceChart()
  defineResourceUse()
  defineRunCode()
  defineRunCompare()
  defineRunEnvironment()
  defineRunFiles()
  defineRunFilter()
  defineRunGrid()
  defineRunList()
  defineRunMetrics()
  defineRunModels()
  defineRunOverview()
  defineRunPage()
  defineRunParams()
  defineRunPlots()
  defineRunTable()
  defineRunTraces()
  defineScatterPlot()
  defineStatusBadge()
  defineSubmitCard()
  defineTraceList()
  defineTracePage()
  defineTraceSpan()
  defineTraceTree()
  defineVerdictCard()
  defineVersionAliases()
  defineVersionFiles()
  defineVersionLineage()
  defineVersionPage()
  defineVersionSignature()
}
