import type { TraceSummary } from '@novabrain/contracts'
import { nowMs } from './data.js'

const aTrace = (at: number, change: Partial<TraceSummary>): TraceSummary => ({
  id: `tr-${String(at)}`,
  experimentId: '1',
  name: 'answer',
  state: 'OK',
  startedAt: new Date(nowMs - at * 47_000).toISOString(),
  durationMs: 1830,
  requestPreview: '{"question": "How do I pay?"}',
  responsePreview: '"By card, or by invoice within thirty days."',
  session: null,
  user: null,
  totalTokens: 1342,
  assessmentCount: 0,
  ...change,
})

/** Requests to a program with a model of language in it, newest first. */
export const traces: readonly TraceSummary[] = [
  aTrace(0, { state: 'IN_PROGRESS', durationMs: null, responsePreview: null, totalTokens: null }),
  aTrace(1, { assessmentCount: 2 }),
  aTrace(2, { name: null, durationMs: 0, requestPreview: null, responsePreview: null, totalTokens: null }),
  aTrace(3, {
    name: '客服问答',
    requestPreview: '{"question": "如何申请退款？"}',
    responsePreview: '"请在订单页面点击“申请退款”，三个工作日内到账。"',
  }),
  aTrace(4, {
    state: 'ERROR',
    durationMs: 30_040,
    responsePreview: null,
    name: 'retrieve documents and answer with their sources',
  }),
]
