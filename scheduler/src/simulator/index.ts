export { openRandom, type Random } from './random.js'
export { readCsv, type Row } from './traces/csv.js'
