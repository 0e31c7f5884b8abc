import { systemScope } from '../../server/src/deps.js'
import { artifactEndpoints, proxyEndpoints } from '../../server/src/modules/mlflow/artifacts.js'
import { downloadEndpoints } from '../../server/src/modules/mlflow/downloads.js'
import { evaluationDatasetEndpoints } from '../../server/src/modules/mlflow/evaluation-datasets.js'
import { experimentEndpoints } from '../../server/src/modules/mlflow/experiments.js'
import { loggedModelEndpoints } from '../../server/src/modules/mlflow/logged-models.js'
import { loggingEndpoints } from '../../server/src/modules/mlflow/logging.js'
import { modelVersionEndpoints, registeredModelEndpoints } from '../../server/src/modules/mlflow/model-registry.js'
import type { Endpoint, TrackingServices } from '../../server/src/modules/mlflow/endpoint.js'
import { assessmentEndpoints } from '../../server/src/modules/mlflow/assessments.js'
import { oldTraceEndpoints } from '../../server/src/modules/mlflow/old-traces.js'
import { runEndpoints } from '../../server/src/modules/mlflow/runs.js'
import { traceFiguresEndpoints } from '../../server/src/modules/mlflow/trace-figures.js'
import { traceEndpoints } from '../../server/src/modules/mlflow/traces.js'
import { webhookEndpoints } from '../../server/src/modules/mlflow/webhooks.js'
import { startApp, type TestApp } from '../support/app.js'
import { mlflowWire } from '../support/mlflow-wire.js'

const secret = 'kept from rivals'
const registered = 'of the owner'
const tables =
  'experiments experiment_tags runs run_params run_tags run_metrics metric_points artifacts logged_models logged_model_tags registered_models registered_model_tags registered_model_aliases model_versions model_version_tags traces spans assessments trace_links webhooks webhook_deliveries evaluation_datasets evaluation_dataset_records evaluation_dataset_experiments'

const traceId = `tr-${'a1'.repeat(16)}`
const traceOf = (experimentId: string, words: string) => ({
  trace_info: {
    trace_id: traceId,
    trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentId } },
    request_time: '2026-01-01T00:00:00Z',
    execution_duration: '1.5s',
    state: 'OK',
    request_preview: words,
    tags: { k: words },
    trace_metadata: { m: words },
  },
})
const judgement = { assessment_name: 'good', source: { source_type: 'HUMAN' }, feedback: { value: true } }

/** Every endpoint of the façade, as it is mounted. */
const everyEndpoint = (): readonly (Endpoint & { readonly under: string })[] => {
  const none = {} as TrackingServices
  const plain = [
    experimentEndpoints,
    runEndpoints,
    loggingEndpoints,
    loggedModelEndpoints,
    registeredModelEndpoints,
    modelVersionEndpoints,
    artifactEndpoints,
    traceEndpoints,
    traceFiguresEndpoints,
    oldTraceEndpoints,
    assessmentEndpoints,
    webhookEndpoints,
    evaluationDatasetEndpoints,
  ]
  return [
    ...plain.flatMap((endpoints) => endpoints(none)).map((endpoint) => ({ ...endpoint, under: '/mlflow' })),
    ...downloadEndpoints(none).map((endpoint) => ({ ...endpoint, under: endpoint.at === 'top' ? '' : '/mlflow' })),
    ...proxyEndpoints(none).map((endpoint) => ({ ...endpoint, under: '/mlflow-artifacts' })),
  ]
}

describe('MLflow endpoints', () => {
  let app: TestApp
  let fields: Record<string, unknown>
  let modelId: string
  let runId: string
  let assessmentId: string
  let webhookId: string
  let datasetId: string

  beforeAll(async () => {
    app = await startApp({ background: false, config: { webhookAllowedHosts: ['127.0.0.1'] } })
    const mlflow = mlflowWire(app.url, app.owner.token)
    const made = await mlflow.post('/experiments/create', { name: secret, tags: [{ key: 'k', value: secret }] })
    const experimentId = made.body['experiment_id'] as string
    runId = await mlflow.createRun({ experiment_id: experimentId, run_name: secret })
    await mlflow.post('/runs/log-batch', {
      run_id: runId,
      metrics: [{ key: 'm', value: 4.24242424, timestamp: 1, step: 1 }],
      params: [{ key: 'k', value: secret }],
      tags: [{ key: 'k', value: secret }],
    })
    await mlflow.artifact('PUT', `/${experimentId}/${runId}/artifacts/file.txt`, secret)
    const model = await mlflow.post('/logged-models', {
      experiment_id: experimentId,
      name: secret,
      source_run_id: runId,
    })
    modelId = model.body['model'].info.model_id as string
    await mlflow.post('/runs/outputs', { run_id: runId, models: [{ model_id: modelId }] })
    await mlflow.post('/traces', { trace: traceOf(experimentId, secret) })
    await mlflow.post('/traces/link-to-run', { trace_ids: [traceId], run_id: runId })
    const said = await mlflow.post(`/traces/${traceId}/assessments`, {
      assessment: { ...judgement, rationale: secret },
    })
    assessmentId = said.body['assessment'].assessment_id as string
    const webhook = await mlflow.post('/webhooks', {
      name: 'of-the-owner',
      url: `https://127.0.0.1/${encodeURIComponent(secret)}`,
      description: secret,
      events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
    })
    webhookId = webhook.body['webhook'].webhook_id as string
    const dataset = await mlflow.post('/datasets/create', {
      name: secret,
      experiment_ids: [experimentId],
      tags: JSON.stringify({ k: secret }),
    })
    datasetId = dataset.body['dataset'].dataset_id as string
    await mlflow.post(`/datasets/${datasetId}/records`, { records: JSON.stringify([{ inputs: { q: secret } }]) })
    const tags = [{ key: 'k', value: secret }]
    await mlflow.post('/registered-models/create', { name: registered, tags, description: secret })
    const source = `mlflow-artifacts:/${experimentId}/${runId}/artifacts/model`
    await mlflow.post('/model-versions/create', { name: registered, source, run_id: runId, tags, description: secret })
    await mlflow.post('/registered-models/alias', { name: registered, alias: 'live', version: '1' })
    fields = {
      source,
      version: '1',
      alias: 'live',
      stage: 'Production',
      stages: ['None'],
      run_id: runId,
      run_ids: [runId],
      experiment_id: experimentId,
      experiment_ids: [experimentId],
      experiment_name: secret,
      metric_key: 'm',
      key: 'k',
      value: 'changed',
      timestamp: 1,
      status: 2,
      new_name: 'changed',
      run_name: 'changed',
      name: 'of the rival',
      source_run_id: runId,
      model_json: '{"artifact_path":"a","flavors":{},"utc_time_created":"x","run_id":"x"}',
      models: [{ model_id: modelId }],
      path: `${experimentId}/${runId}/artifacts`,
      trace_id: traceId,
      trace_ids: [traceId],
      request_id: traceId,
      request_ids: [traceId],
      trace: traceOf(experimentId, 'of the rival'),
      locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentId } }],
      assessment: judgement,
      update_mask: 'feedback',
      prompt_versions: [{ name: 'greet', version: '1' }],
      records: JSON.stringify([{ inputs: { q: 'of the rival' } }]),
      dataset_record_ids: ['dr-1'],
      view_type: 'TRACES',
      metric_name: 'trace_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
      dimensions: ['trace_name'],
    }
  }, 60_000)
  afterAll(() => app.close())

  const call = (endpoint: Endpoint & { under: string }, token: string | null): Promise<Response> => {
    const place = `${String(fields['experiment_id'])}/${runId}/artifacts/file.txt`
    const path = endpoint.path
      .replace(':modelId', modelId)
      .replace(':traceId', traceId)
      .replace(':assessmentId', assessmentId)
      .replace(':webhookId', webhookId)
      .replace(':datasetId', datasetId)
      .replace(':key', 'k')
      .replace('*', place)
    const url = new URL(`${app.url}${endpoint.under === '' ? '' : '/api/2.0'}${endpoint.under}${path}`)
    const bare = endpoint.method === 'GET'
    // What a rival makes is its own, under another name; everything else aims at what the owner registered.
    const aims =
      /^\/(registered-models|model-versions)\/(?!create)/.test(endpoint.path) ||
      endpoint.path === '/model-versions/create'
    const sent = aims ? { ...fields, name: registered } : fields
    if (bare)
      for (const [name, value] of Object.entries(sent)) {
        for (const item of Array.isArray(value) ? value : [value])
          if (typeof item !== 'object') url.searchParams.append(name, String(item))
      }
    return fetch(url, {
      method: endpoint.method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(bare ? {} : { 'content-type': 'application/json' }),
      },
      ...(bare ? {} : { body: JSON.stringify(sent) }),
    })
  }

  /** Everything the owner's project holds, as text. */
  const holdings = () =>
    app.foundation.database.transaction(systemScope, async (tx) => {
      const rows: unknown[] = []
      for (const table of tables.split(' '))
        rows.push(
          await tx.query(`SELECT * FROM ${table} WHERE project_id = $1 ORDER BY 1, 2, 3`, [app.owner.project.id]),
        )
      return JSON.stringify(rows)
    })

  test('are all there', () => expect(everyEndpoint().length).toBeGreaterThan(40))

  test.each(everyEndpoint())('$method $under$path is nothing to an anonymous caller', async (endpoint) => {
    expect((await call(endpoint, null)).status).toBe(401)
  })

  test('tell a rival nothing and change nothing, whatever ids it knows', async () => {
    const rival = await app.addTenant('rival')
    const before = await holdings()
    expect(before).toContain(secret)
    for (const endpoint of everyEndpoint()) {
      const answer = await call(endpoint, rival.token)
      const body = await answer.text()
      const asked = answer.status === 404 && body.includes(`'${secret}'`)
      expect([endpoint.method, endpoint.path, answer.status < 500 || answer.status === 501]).toEqual([
        endpoint.method,
        endpoint.path,
        true,
      ])
      expect([endpoint.method, endpoint.path, body.includes(secret) && !asked, body.includes('4.24242424')]).toEqual([
        endpoint.method,
        endpoint.path,
        false,
        false,
      ])
    }
    expect(await holdings()).toBe(before)
  })
})
