import type { Unsubscribe } from '@novabrain/contracts'
import { paintOf, resolveColour, type ChartPaint } from '../chart/paint.js'
import { rgbOf, type Rgb } from '../plots/gradient.js'

/** Something to draw on, in CSS pixels. */
export interface Sheet {
  readonly context: CanvasRenderingContext2D
  readonly widthPx: number
  readonly heightPx: number
  readonly paint: ChartPaint & { readonly ramp: readonly Rgb[]; readonly text: string }
}

/** A clean sheet out of a canvas, as fine as the screen; `null` while it has no size. */
export const sheetOf = (element: HTMLElement, canvas: HTMLCanvasElement): Sheet | null => {
  const { clientWidth: widthPx, clientHeight: heightPx } = canvas
  const context = canvas.getContext('2d')
  if (context === null || widthPx === 0 || heightPx === 0) return null
  canvas.width = Math.round(widthPx * devicePixelRatio)
  canvas.height = Math.round(heightPx * devicePixelRatio)
  context.scale(devicePixelRatio, devicePixelRatio)
  const paint = {
    ...paintOf(element),
    ramp: ['--nb-chart-1', '--nb-chart-4', '--nb-chart-2'].map((name) => rgbOf(resolveColour(element, `var(${name})`))),
    text: resolveColour(element, 'var(--nb-fg)'),
  }
  context.font = `11px ${paint.font}`
  return { context, widthPx, heightPx, paint }
}

/** Call whenever a plot has another size. */
export const onSize = (element: HTMLElement, draw: () => void): Unsubscribe => {
  const resize = new ResizeObserver(draw)
  resize.observe(element)
  return () => resize.disconnect()
}
