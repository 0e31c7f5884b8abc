import type { QueueTab, RunTab } from '../host.js'
import type { ModelVersionRef, SubmitChoice } from '@novabrain/contracts'
import type { Brush } from '../table/state.js'

/** The events elements send, by name, with their details. All bubble and leave the shadow root. */
export interface NbEvents {
  'nb-open': { readonly runId: string; readonly tab: RunTab }
  'nb-tab': { readonly tab: RunTab }
  'nb-queue-tab': { readonly tab: QueueTab }
  'nb-change': SubmitChoice
  'nb-submit': SubmitChoice
  'nb-close': null
  'nb-registered': ModelVersionRef
  'nb-activate': null
  'nb-trace': { readonly traceId: string }
  'nb-span': { readonly spanId: string }
  /** The page of a table of runs shows something else; `replace` when it is no step that one would go back over. */
  'nb-query': { readonly query: string; readonly replace: boolean }
  'nb-experiments': { readonly experimentIds: readonly string[] }
  'nb-columns': { readonly columns: readonly string[] }
  'nb-sort': { readonly column: string; readonly add: boolean }
  'nb-width': { readonly column: string; readonly widthPx: number; readonly final: boolean }
  'nb-select': { readonly runIds: readonly string[] }
  'nb-group': { readonly key: string }
  'nb-filter': { readonly filter: string }
  'nb-axes': { readonly axes: readonly string[] }
  'nb-brush': { readonly brushes: readonly Brush[] }
  'nb-zoom': { readonly range: readonly [number, number] | null }
  'nb-toggle': { readonly path: string; readonly included: boolean }
}

/** Send an event from an element; the answer is false when a listener prevented the default. */
export const emit = <K extends keyof NbEvents>(from: EventTarget, name: K, detail: NbEvents[K]): boolean =>
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }))
