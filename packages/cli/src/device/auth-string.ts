import { randomInt } from 'node:crypto'

/** What `--auth-string` takes in the place of a string to have one made. */
export const GENERATE = 'generate'

/** Printable ASCII without spaces. CUCM itself takes 4 to 10 digits; open tools take more. */
export const AUTH_STRING_PATTERN = /^[\x21-\x7e]{4,20}$/

/** Whether CUCM and the keypad of a phone would take it, too. */
export const isLikeCucm = (authString: string): boolean => /^\d{4,10}$/.test(authString)

/** Six digits that nobody can guess. */
export const newAuthString = (): string => String(randomInt(1_000_000)).padStart(6, '0')
