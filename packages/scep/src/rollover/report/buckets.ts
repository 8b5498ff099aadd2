import type { Hour, Simulation } from '../simulate.ts'

/** Hours put together; `fromHour` is counted from the beginning of the CA certificate. */
export type Bucket = Omit<Hour, 'hour'> & { readonly fromHour: number; readonly hours: number }

/** Whole days where a bucket is longer than one, so that its beginning is a day. */
const widthOf = (hours: number, most: number): number => {
  const width = Math.ceil(hours / most)
  return width <= 1 ? 1 : width < 24 ? [2, 3, 4, 6, 8, 12, 24].find(nice => nice >= width)! : Math.ceil(width / 24) * 24
}

/** What happened from one hour to before another, in no more than so many buckets of one width; empty ones too. */
export const bucketsOf = (
  { hours }: Pick<Simulation, 'hours'>,
  { from, to, most }: { from: number; to: number; most: number },
): Bucket[] => {
  const width = widthOf(to - from, most)
  const buckets = Array.from({ length: Math.ceil((to - from) / width) }, (_, index) => ({
    ...{ fromHour: from + index * width, hours: width },
    ...{ asked: 0, refused: 0, unheard: 0, served: 0 },
  }))
  for (const { hour, asked, refused, unheard, served } of hours) {
    const bucket = buckets[Math.floor((hour - from) / width)]
    if (!bucket || hour < from) continue
    bucket.asked += asked
    bucket.refused += refused
    bucket.unheard += unheard
    bucket.served += served
  }
  return buckets
}

/** The first and the hour after the last in which somebody asked; nothing where nobody did. */
export const spanOf = ({ hours }: Pick<Simulation, 'hours'>): { from: number; to: number } | undefined =>
  hours.length === 0 ? undefined : { from: hours[0]!.hour, to: hours.at(-1)!.hour + 1 }

const BEFORE_HOURS = 4
const AFTER_HOURS = 20

/** The hours around the one in which the shadow certificate is made: when those who waited are served. */
export const aroundShadow = (
  simulation: Pick<Simulation, 'hours'>,
  shadowDay: number | undefined,
): { from: number; to: number } | undefined => {
  const span = spanOf(simulation)
  if (!span || shadowDay === undefined) return undefined
  const hour = Math.floor(shadowDay * 24)
  const around = { from: Math.max(span.from, hour - BEFORE_HOURS), to: Math.min(span.to, hour + AFTER_HOURS) }
  return around.from < around.to ? around : undefined
}
