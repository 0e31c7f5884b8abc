import { svg, html, type TemplateResult } from 'lit'
import type { JobStatus, RunStatus } from '@novabrain/contracts'

const icon = (body: TemplateResult, turning = false) =>
  html`<svg class="icon ${turning ? 'turning' : ''}" viewBox="0 0 16 16" aria-hidden="true">${body}</svg>`

/** Small line icons; each stands beside a word or has a label. */
export const icons = {
  stop: icon(svg`<rect x="4" y="4" width="8" height="8" rx="1" />`),
  log: icon(svg`<path d="M3 4h10M3 8h10M3 12h6" />`),
  rerun: icon(svg`<path d="M12.5 6.5A5 5 0 1 0 13 9M12.8 3v3.6H9.2" />`),
  open: icon(svg`<path d="M6 4l4 4-4 4" />`),
  down: icon(svg`<path d="M4 6l4 4 4-4" />`),
  up: icon(svg`<path d="M4 10l4-4 4 4" />`),
  folder: icon(svg`<path d="M2 4.5h4l1.5 1.5H14v6.5H2z" />`),
  file: icon(svg`<path d="M4 2h5l3 3v9H4zM9 2v3h3" />`),
  download: icon(svg`<path d="M8 2.5v8M4.8 7.5L8 10.7l3.2-3.2M3 13.5h10" />`),
  copy: icon(svg`<path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />`),
  close: icon(svg`<path d="M4 4l8 8M12 4l-8 8" />`),
  search: icon(svg`<circle cx="7" cy="7" r="4" /><path d="M10 10l3.5 3.5" />`),
  model: icon(svg`<path d="M8 1.8l5.5 3v6.4l-5.5 3-5.5-3V4.8zM2.7 4.9L8 7.8l5.3-2.9M8 7.8v6.2" />`),
  edit: icon(svg`<path d="M3 13l.6-2.8 7-7 2.2 2.2-7 7z" />`),
  add: icon(svg`<path d="M8 3.5v9M3.5 8h9" />`),
  warning: icon(svg`<path d="M8 2.5L14.2 13H1.8zM8 6.5v3M8 11.3v.1" />`),
} as const

const ring = svg`<circle cx="8" cy="8" r="5.5" />`
const glyphs = {
  waiting: icon(svg`${ring}<path d="M8 5v3.2l2 1.3" />`),
  starting: icon(svg`<path d="M13.5 8A5.5 5.5 0 1 1 8 2.5" />`, true),
  running: icon(svg`${ring}<circle cx="8" cy="8" r="2.4" fill="currentColor" stroke="none" />`),
  stopping: icon(svg`${ring}<rect x="6" y="6" width="4" height="4" fill="currentColor" stroke="none" />`),
  good: icon(svg`${ring}<path d="M5.6 8.2l1.8 1.8 3.2-3.8" />`),
  bad: icon(svg`${ring}<path d="M6 6l4 4M10 6l-4 4" />`),
  cancelled: icon(svg`${ring}<path d="M4.2 11.8l7.6-7.6" />`),
} as const

/** The glyph and the colour variable of each status; a word always stands with them. */
export const statusLook: Readonly<Record<JobStatus | RunStatus, { glyph: TemplateResult; tone: string }>> = {
  queued: { glyph: glyphs.waiting, tone: 'idle' },
  starting: { glyph: glyphs.starting, tone: 'busy' },
  running: { glyph: glyphs.running, tone: 'busy' },
  stopping: { glyph: glyphs.stopping, tone: 'warn' },
  succeeded: { glyph: glyphs.good, tone: 'ok' },
  failed: { glyph: glyphs.bad, tone: 'bad' },
  cancelled: { glyph: glyphs.cancelled, tone: 'idle' },
  SCHEDULED: { glyph: glyphs.waiting, tone: 'idle' },
  RUNNING: { glyph: glyphs.running, tone: 'busy' },
  FINISHED: { glyph: glyphs.good, tone: 'ok' },
  FAILED: { glyph: glyphs.bad, tone: 'bad' },
  KILLED: { glyph: glyphs.cancelled, tone: 'idle' },
}
