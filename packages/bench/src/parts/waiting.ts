import { printTable } from '../report.ts'
import { measureWaiting } from '../waiting.ts'
import type { Part } from './part.ts'

/** What phones cost that wait in key generation, and what others feel of them. */
export const waiting: Part = async ({ quick }) => {
  const cost = await measureWaiting({ phones: quick ? 1000 : 10_000 })
  printTable(`${cost.phones} phones waiting in key generation, two server processes`, [
    ['connected and waiting', String(cost.waiting)],
    ['server memory before', `${cost.memoryBeforeMb.toFixed(0)} MB`],
    ['server memory with them', `${cost.memoryMb.toFixed(0)} MB (to reach: 700)`],
    ['others enrol: p50 / p99 without them', `${cost.before.p50.toFixed(1)} / ${cost.before.p99.toFixed(1)} ms`],
    ['others enrol: p50 / p99 with them', `${cost.during.p50.toFixed(1)} / ${cost.during.p99.toFixed(1)} ms`],
    ['failed', String(cost.failed)],
  ])
  return cost
}
