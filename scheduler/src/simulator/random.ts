export { openRandom, type Random } from '../random.js'
