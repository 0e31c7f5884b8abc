/** The colours and the font of a chart, as its canvas understands them. */
export interface ChartPaint {
  readonly line: string
  readonly band: string
  readonly muted: string
  readonly grid: string
  readonly font: string
}

/** Canvases do not follow CSS: colours are read when a chart is made, and it is made anew when the theme changes. */
export const paintOf = (element: HTMLElement): ChartPaint => ({
  line: resolveColour(element, 'var(--nb-chart-1)'),
  band: resolveColour(element, 'color-mix(in srgb, var(--nb-chart-1) 18%, transparent)'),
  muted: resolveColour(element, 'var(--nb-fg-muted)'),
  grid: resolveColour(element, 'color-mix(in srgb, var(--nb-fg-muted) 16%, transparent)'),
  font: getComputedStyle(element).fontFamily,
})

/** The six colours of lines that stand beside each other, as the canvas understands them. */
export const linesOf = (element: HTMLElement): readonly string[] =>
  [1, 2, 3, 4, 5, 6].map((number) => resolveColour(element, `var(--nb-chart-${number})`))

/** How every axis looks. */
export const axisOf = (paint: ChartPaint) => ({
  stroke: paint.muted,
  font: `11px ${paint.font}`,
  grid: { stroke: paint.grid, width: 1 },
  ticks: { show: false },
})

/** A colour of CSS as the canvas understands it: `var()` and `color-mix()` are worked out by the browser. */
export const resolveColour = (element: HTMLElement, expression: string): string => {
  const probe = document.createElement('span')
  probe.style.color = expression
  probe.style.setProperty('forced-color-adjust', 'none')
  const root = element.shadowRoot ?? element
  root.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}
