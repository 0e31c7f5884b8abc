/** Which rows of a long list to draw: `[first, last)`, a few more than are in view so that scrolling shows no gaps. */
export const visibleRange = (
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
  count: number,
  overscan = 8,
): { readonly first: number; readonly last: number } => {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan)
  const last = Math.min(count, Math.ceil((scrollTop + viewHeight) / rowHeight) + overscan)
  return { first: Math.min(first, count), last: Math.max(last, Math.min(first, count)) }
}
