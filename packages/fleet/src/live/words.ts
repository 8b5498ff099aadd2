import { FIGURES, type FigureName, type FigureUnit } from './figures.ts'

const UNKNOWN = '–'

const grouped = (value: number) => Math.round(value).toLocaleString('en')

/** Three digits or so: more of them jump about and say nothing. */
const short = (value: number) =>
  Math.abs(value) >= 100 ? grouped(value) : String(Number(value.toFixed(Math.abs(value) >= 10 ? 1 : 2)))

const LONG_MS = 10_000

const WORDS: Readonly<Record<FigureUnit, (value: number) => string>> = {
  operations: grouped,
  'operations/s': value => `${value < 10 ? short(value) : grouped(value)}/s`,
  ms: value => (value >= LONG_MS ? `${short(value / 1000)} s` : `${short(value)} ms`),
  bytes: value => (value >= 1e9 ? `${(value / 1e9).toFixed(2)} GB` : `${grouped(value / 1e6)} MB`),
  processes: grouped,
  cores: value => `${Math.round(value * 100)} %`,
  times: value => `×${short(value)}`,
}

/** A value as a person reads it, with its unit. */
export const inWords = (unit: FigureUnit, value: number | undefined): string => (value === undefined ? UNKNOWN : WORDS[unit](value))

/** A figure as a person reads it. */
export const figureInWords = (name: FigureName, value: number | undefined): string => inWords(FIGURES[name].unit, value)

/** How long something has taken: `0:07`, `12:30`, `1:02:03`. */
export const clockInWords = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}
