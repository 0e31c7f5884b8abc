/**
 * A predicted time that was outlived grows by half until it lies ahead: the longer something ran, the longer it will. Whole
 * milliseconds, or any other unit that both are in. Doubling, as Themis and others do, makes more of those who run look long
 * than are: decision 34 has both.
 */
export const aheadOf = (predicted: number, ran: number): number => {
  let ahead = Math.max(1, predicted)
  while (ahead <= ran) ahead = Math.ceil(ahead * 1.5)
  return ahead
}
