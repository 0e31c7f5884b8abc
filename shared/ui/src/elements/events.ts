import type { RunTab } from '../host.js'
import type { ModelVersionRef, SubmitChoice } from '@novabrain/contracts'

/** The events elements send, by name, with their details. All bubble and leave the shadow root. */
export interface NbEvents {
  'nb-open': { readonly runId: string; readonly tab: RunTab }
  'nb-tab': { readonly tab: RunTab }
  'nb-change': SubmitChoice
  'nb-submit': SubmitChoice
  'nb-close': null
  'nb-registered': ModelVersionRef
  'nb-activate': null
  'nb-trace': { readonly traceId: string }
  'nb-span': { readonly spanId: string }
  'nb-toggle': { readonly path: string; readonly included: boolean }
}

/** Send an event from an element; the answer is false when a listener prevented the default. */
export const emit = <K extends keyof NbEvents>(from: EventTarget, name: K, detail: NbEvents[K]): boolean =>
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }))
