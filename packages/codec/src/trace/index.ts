export { formatTraceLine, parseTraceLine, type TraceLine } from './line.ts'
