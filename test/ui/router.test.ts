import { hashOf, pageOf } from '../../server/src/web/client/router.js'

const runId = '01a2033ec83c77e4be4ee07f0e2702d0'

describe('addresses of the web app', () => {
  test.each([
    ['', { name: 'runs' }],
    ['#/', { name: 'runs' }],
    ['#/experiments/12', { name: 'experiments', experimentIds: ['12'], query: '' }],
    [`#/experiments/12/runs/${runId}`, { name: 'run', runId, tab: 'overview' }],
    [`#/experiments/12/runs/${runId}/artifacts/model`, { name: 'run', runId, tab: 'files' }],
    [`#/experiments/12/runs/${runId}/model-metrics`, { name: 'run', runId, tab: 'metrics' }],
    [`#/runs/${runId}?tab=log`, { name: 'run', runId, tab: 'log' }],
    [`#/runs/${runId}?tab=nonsense`, { name: 'run', runId, tab: 'overview' }],
    [`#/jobs/${runId}`, { name: 'job', jobId: runId, tab: 'overview' }],
    ['#/jobs/', { name: 'jobs' }],
    ['#/queue', { name: 'queue', tab: 'waiting' }],
    ['#/queue/use', { name: 'queue', tab: 'use' }],
    ['#/queue/policy', { name: 'queue', tab: 'policy' }],
    ['#/queue/devices', { name: 'nodes' }],
    ['#/queue/nonsense', { name: 'unknown' }],
    ['#/nodes', { name: 'nodes' }],
    ['#/device', { name: 'device', userCode: '' }],
    ['#/device?code=BCDF-GHJK', { name: 'device', userCode: 'BCDF-GHJK' }],
    [
      '#/authorize?client=VS%20Code&redirect=vscode%3A%2F%2Fa.b%2Fc%3Fd%3D1&challenge=xyz&state=s%26t',
      {
        name: 'authorize',
        request: { client: 'VS Code', redirect: 'vscode://a.b/c?d=1', challenge: 'xyz', state: 's&t' },
      },
    ],
    [
      '#/authorize?client=VS%20Code&redirect=vscode://a.b/c?d=1&challenge=xyz',
      {
        name: 'authorize',
        request: { client: 'VS Code', redirect: 'vscode://a.b/c?d=1', challenge: 'xyz', state: null },
      },
    ],
    [
      '#/authorize?client=VS%20Code&redirect64=dnNjb2RlOi8vYS5iL2M_ZD0xJmU9Mg&challenge=xyz&state=s',
      {
        name: 'authorize',
        request: { client: 'VS Code', redirect: 'vscode://a.b/c?d=1&e=2', challenge: 'xyz', state: 's' },
      },
    ],
    [
      '#/authorize?redirect64=%',
      { name: 'authorize', request: { client: '', redirect: '', challenge: '', state: null } },
    ],
    ['#/runs/not-an-id', { name: 'unknown' }],
    ['#/endpoints/churn', { name: 'unknown' }],
    ['#/models', { name: 'models' }],
    ['#/models/churn', { name: 'model', modelName: 'churn' }],
    ['#/models/%E6%B5%81%E5%A4%B1%20100%25/versions/12', { name: 'version', modelName: '流失 100%', version: 12 }],
    ['#/models/100%/versions/1', { name: 'version', modelName: '100%', version: 1 }],
    ['#/models/churn/versions/0', { name: 'unknown' }],
    ['#/models/churn/versions/x', { name: 'unknown' }],
  ])('%s', (hash, page) => expect(pageOf(hash)).toEqual(page))

  test('every page has an address that leads back to it', () => {
    const pages = [
      '#/runs',
      '#/experiments/3',
      `#/runs/${runId}?tab=code`,
      `#/jobs/${runId}`,
      '#/jobs',
      '#/models',
      '#/models/churn%20a%2Bb',
      '#/models/churn/versions/12',
      '#/queue',
      '#/nodes',
      '#/device',
      '#/device?code=BCDF-GHJK',
      '#/authorize?client=VS+Code&redirect=vscode%3A%2F%2Fa.b%2Fc&challenge=xyz&state=s',
    ]
    expect(pages.map((hash) => hashOf(pageOf(hash)))).toEqual(pages)
  })
})
