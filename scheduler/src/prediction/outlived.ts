/**
 * A predicted time that was outlived grows by half until it lies ahead: the longer something ran, the longer it will. In any
 * whole unit that both are in. Doubling makes more of those who run look long than are (decision 35).
 */
export const aheadOf = (predicted: number, ran: number): number => {
  let ahead = Math.max(1, predicted)
  while (ahead <= ran) ahead = Math.ceil(ahead * 1.5)
  return ahead
}
