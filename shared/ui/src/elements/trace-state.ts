import { html } from 'lit'
import type { SpanStatus, TraceState } from '@novabrain/contracts'
import type { Strings } from '../locales/strings.js'
import { statusLook } from './icons.js'

const looks = {
  OK: statusLook.FINISHED,
  ERROR: statusLook.FAILED,
  IN_PROGRESS: statusLook.RUNNING,
  STATE_UNSPECIFIED: statusLook.KILLED,
  UNSET: statusLook.KILLED,
} as const

/** How a trace or a span stands, as a glyph and a word. */
export const traceState = (state: TraceState | SpanStatus, t: Strings) =>
  html`<span class="state"
    ><span class="glyph ${looks[state].tone}">${looks[state].glyph}</span>${t.traces.state[state]}</span
  >`
