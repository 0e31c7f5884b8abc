import { css, html, nothing } from 'lit'
import type { Job } from '@novabrain/contracts'
import { verdictAction, verdictActionLabel, verdictOf, verdictSentence, type VerdictAction } from '../format/verdict.js'
import { NbElement } from './base.js'
import { defineElement } from './define.js'
import { emit } from './events.js'
import { rerunJob } from './job-actions.js'
import { baseStyles } from './styles.js'

/** How a job ended: what happened, the evidence for it, and one button. Nothing while it has not ended. */
export class NbVerdictCard extends NbElement {
  static override properties = { job: { attribute: false } }
  static override styles = [
    baseStyles,
    css`
      .card {
        padding: 12px 14px;
        border: 1px solid var(--nb-border);
        border-inline-start: 3px solid var(--nb-fg-muted);
        border-radius: var(--nb-radius, 3px);
        background: var(--nb-bg-raised);
      }
      .card.failed {
        border-inline-start-color: var(--nb-bad);
      }
      .card.succeeded {
        border-inline-start-color: var(--nb-ok);
      }
      h2 {
        overflow-wrap: anywhere;
      }
      figure {
        margin: 8px 0 0;
      }
      figcaption {
        color: var(--nb-fg-muted);
        font-size: 0.92em;
      }
      pre {
        margin: 2px 0 0;
        font-family: var(--nb-font-mono);
        font-size: 12px;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        max-height: 12em;
        overflow-y: auto;
      }
      button {
        margin-top: 10px;
        max-width: 100%;
      }
    `,
  ]
  declare job: Job | null
  constructor() {
    super()
    this.job = null
  }

  override render() {
    const { job, t } = this
    const verdict = job === null ? null : verdictOf(job)
    if (job === null || verdict === null) return nothing
    const action = verdictAction(job, verdict)
    return html`<div class="card ${job.status}">
      <h2>${verdictSentence(verdict, t)}</h2>
      ${
        verdict.evidence === null
          ? nothing
          : html`<figure>
              <figcaption>${t.evidence}</figcaption>
              <pre>${verdict.evidence}</pre>
            </figure>`
      }
      ${
        this.#offered(action)
          ? html`<button @click=${() => this.#act(job, action)}>
              <span class="ellipsis">${verdictActionLabel(action, t)}</span>
            </button>`
          : nothing
      }
    </div>`
  }
  #offered(action: VerdictAction): boolean {
    return !action.kind.startsWith('rerun') || (this.host?.can('editor') ?? false)
  }

  #act(job: Job, action: VerdictAction): void {
    const { host } = this
    if (host === null) return
    switch (action.kind) {
      case 'log':
      case 'files':
      case 'environment':
        emit(this, 'nb-tab', { tab: action.kind })
        return
      case 'open_file':
        host.openFile(action.path)
        return
      case 'install':
        void host.copyText(`pip install ${action.module}`).then(() => host.notify(this.t.action.copied, 'information'))
        return
      default:
        void rerunJob(host, job, changeOf(action))
    }
  }
}

const changeOf = (action: VerdictAction) => {
  if (action.kind === 'rerun_memory') return { resources: { memoryMib: action.memoryMib } }
  if (action.kind === 'rerun_gpu_memory') return { resources: { gpuMemoryMib: action.gpuMemoryMib } }
  if (action.kind === 'rerun_whole_gpu') return { resources: { gpuMilli: 1000 } }
  return action.kind === 'rerun_longer' ? { timeLimitMs: action.timeLimitMs } : {}
}

/** Register the element. */
export const defineVerdictCard = (): void => defineElement('nb-verdict-card', NbVerdictCard)

declare global {
  interface HTMLElementTagNameMap {
    'nb-verdict-card': NbVerdictCard
  }
}
