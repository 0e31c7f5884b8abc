import type { JupyterFrontEnd } from '@jupyterlab/application'
import type { TranslationBundle } from '@jupyterlab/translation'
import type { Widget } from '@lumino/widgets'
import type { SubmitChoice, Submission } from '@novabrain/contracts'
import { defineElements } from '@novabrain/ui'
import type { Live } from '../live/live.js'
import { useTheme } from './theme.js'

interface CardOptions {
  readonly live: Live
  readonly submission: Submission
  /** The notebook or script; the card hangs from its button. */
  readonly anchor: Widget
  /** Tells when another tab comes to the front: the card closes, or hides while it is at work, and is never over a run. */
  readonly shell: JupyterFrontEnd.IShell
  readonly trans: TranslationBundle
  readonly chosen: (choice: SubmitChoice) => unknown
  readonly closed: () => void
}

let open: { close(): void } | null = null

/** Show the card under the button of a notebook. One card at a time; Escape or a click elsewhere closes it. */
export const openCard = ({
  live,
  submission,
  anchor,
  shell,
  trans,
  chosen,
  closed,
}: CardOptions): { redraw(): void } => {
  open?.close()
  useTheme()
  defineElements()
  const card = document.createElement('nb-submit-card')
  const frame = document.createElement('div')
  frame.className = 'nb-CardFrame'
  frame.setAttribute('role', 'dialog')
  frame.setAttribute('aria-label', trans.__('Run on GPU'))
  frame.append(card)
  document.body.append(frame)
  const focused = document.activeElement

  const redraw = () => {
    const sent = card.progress.kind !== 'sent' && submission.progress.kind === 'sent'
    card.draft = submission.draft
    card.progress = submission.progress
    if (sent && !anchor.isVisible) return close()
    if (sent) void card.updateComplete.then(() => card.renderRoot.querySelector<HTMLElement>('button.primary')?.focus())
  }
  const place = () => placeUnder(frame, anchor)
  const close = () => {
    if (open !== self) return
    open = null
    window.removeEventListener('resize', place)
    document.removeEventListener('pointerdown', closeOutside, true)
    anchor.disposed.disconnect(close)
    shell.currentChanged?.disconnect(closeBehind)
    frame.remove()
    if (focused instanceof HTMLElement) focused.focus()
    closed()
  }
  const isBusy = () =>
    submission.progress.kind === 'sending' || card.shadowRoot?.querySelector('[role=timer]') instanceof Element
  const closeOutside = (event: Event) => {
    if (!isBusy() && !event.composedPath().includes(frame)) close()
  }
  const closeBehind = () => {
    if (!anchor.isVisible && !isBusy()) return close()
    frame.style.display = anchor.isVisible ? '' : 'none'
  }
  const self = { close }
  open = self

  card.host = {
    ...live.host,
    openRun(runId, tab) {
      close()
      live.host.openRun(runId, tab)
    },
  }
  card.addEventListener('nb-change', (event) => void submission.change((event as CustomEvent<SubmitChoice>).detail))
  card.addEventListener('nb-submit', (event) => {
    const choice = (event as CustomEvent<SubmitChoice>).detail
    chosen(choice)
    void submission.submit(choice)
  })
  card.addEventListener('nb-close', close)
  frame.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close()
    event.stopPropagation()
  })
  window.addEventListener('resize', place)
  document.addEventListener('pointerdown', closeOutside, true)
  anchor.disposed.connect(close)
  shell.currentChanged?.connect(closeBehind)
  redraw()
  place()
  card.focus()
  return { redraw }
}

const marginPx = 8

/** Under the button, inside the window. Without a button (a script, a hidden toolbar), at the top right of the editor. */
const placeUnder = (frame: HTMLElement, anchor: Widget): void => {
  const button = anchor.node.querySelector('[data-jp-item-name="novabrain-run"]')
  const editor = anchor.node.getBoundingClientRect()
  const at = button?.getBoundingClientRect()
  const visible = at !== undefined && at.width > 0
  const top = visible ? at.bottom + 4 : editor.top + 40
  const wanted = visible ? at.left : editor.right - frame.offsetWidth - marginPx
  const left = Math.max(marginPx, Math.min(wanted, window.innerWidth - frame.offsetWidth - marginPx))
  frame.style.top = `${top}px`
  frame.style.left = `${left}px`
  frame.style.maxHeight = `${window.innerHeight - top - marginPx}px`
}
