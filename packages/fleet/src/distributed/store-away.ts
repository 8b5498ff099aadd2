import { ServerError } from '@capfkit/server'

/** What passes: the database is away, starting, or busy. */
const PASSING = new Set(['STORE_AWAY', 'STORE_LOCKED', 'STORE_FULL'])

export const isAway = (error: unknown): boolean => error instanceof ServerError && PASSING.has(error.code)
