import { TAG } from './der.ts'
import type { DerReader } from './der-reader.ts'

const UTC_TIME = /^\d{12}Z$/
const GENERALIZED_TIME = /^\d{14}Z$/

/** UTCTime or GeneralizedTime with seconds and `Z`; two-digit years are 1950 to 2049 (RFC 5280 §4.1.2.5). */
export const readTime = (reader: DerReader): Date => {
  const { tag, content } = reader.next()
  const text = content.toString('latin1')
  const digits =
    tag === TAG.utcTime && UTC_TIME.test(text)
      ? `${text < '50' ? '20' : '19'}${text}`
      : tag === TAG.generalizedTime && GENERALIZED_TIME.test(text)
        ? text
        : reader.fail()
  const [year, month, day, hour, minute, second] = [0, 4, 6, 8, 10, 12].map((at, i) => digits.slice(at, i === 0 ? 4 : at + 2))
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const date = new Date(iso)
  // Date accepts 31 February by rolling over and 24:00:00: neither survives the round trip.
  return Number.isNaN(date.getTime()) || date.toISOString() !== iso ? reader.fail() : date
}
