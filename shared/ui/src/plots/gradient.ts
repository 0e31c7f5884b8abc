/** A colour as red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number]

/** What `getComputedStyle` answers for a colour: `rgb(1, 2, 3)`, or `color(srgb 0.1 0.2 0.3)`. */
export const rgbOf = (colour: string): Rgb => {
  const numbers = (colour.match(/[\d.]+(?:e-?\d+)?/g) ?? []).map(Number)
  const [red = 0, green = 0, blue = 0] = numbers
  return colour.startsWith('color(') ? [red * 255, green * 255, blue * 255] : [red, green, blue]
}

/** Along colours that lie evenly from 0 to 1. */
export const along = (colours: readonly Rgb[], part: number): string => {
  const place = Math.min(1, Math.max(0, part)) * (colours.length - 1)
  const from = Math.min(colours.length - 2, Math.floor(place))
  const [low, high] = [colours[from] ?? black, colours[from + 1] ?? black]
  return `rgb(${low.map((channel, i) => Math.round(channel + ((high[i] ?? 0) - channel) * (place - from))).join(' ')})`
}

const black: Rgb = [0, 0, 0]
