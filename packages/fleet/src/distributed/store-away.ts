import { ServerError } from '@capfkit/server'

/** What passes: the database is away, starting, or busy. */
const PASSING = new Set(['STORE_AWAY', 'STORE_LOCKED', 'STORE_FULL'])

export const isAway = (error: unknown): boolean => error instanceof ServerError && PASSING.has(error.code)

/** It could be read, and there is no room for what was to be written. */
export const isFull = (error: unknown): boolean => error instanceof ServerError && error.code === 'STORE_FULL'
