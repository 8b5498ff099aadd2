import { type CachedAnswer, NO_TVS, type TvsMember, type TvsMemory } from './flash.ts'

export const MAX_TVS_BYTES = 65_536
/** As many members as a configuration has, and more answers than a cluster has certificates that phones meet. */
export const MAX_MEMBERS = 5
export const MAX_ANSWERS = 64

export const formatTvsMemory = (memory: TvsMemory): string => `${JSON.stringify({ version: 1, ...memory }, undefined, 1)}\n`

const isWhole = (value: unknown, max: number): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max

const isMember = (value: unknown): value is TvsMember => {
  const { priority, host, port } = (value ?? {}) as Partial<TvsMember>
  return isWhole(priority, 15) && typeof host === 'string' && host.length <= 255 && isWhole(port, 65_535)
}

const isAnswer = (value: unknown): value is CachedAnswer => {
  const { sha256, roles, expiresAt } = (value ?? {}) as Partial<CachedAnswer>
  const isHash = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
  return isHash && Array.isArray(roles) && roles.every(role => isWhole(role, 255)) && typeof expiresAt === 'number'
}

/** What is in the file; nothing when it is not there or damaged: all of it can be learned anew. */
export const parseTvsMemory = (bytes: Buffer | undefined): TvsMemory => {
  try {
    const { members, answers } = JSON.parse(bytes?.toString('utf8') ?? '') as Record<string, unknown>
    if (!Array.isArray(members) || !Array.isArray(answers)) return NO_TVS
    return { members: members.filter(isMember).slice(0, MAX_MEMBERS), answers: answers.filter(isAnswer).slice(0, MAX_ANSWERS) }
  } catch {
    return NO_TVS
  }
}
