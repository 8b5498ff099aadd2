export { type BarInit, bar } from './bar.ts'
