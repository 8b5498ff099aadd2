import { databaseOf, isDatabase } from '@capfkit/server'
import { CliError } from './errors.ts'

/** A `--store` word as it may be shown: a database without its password. */
export const shownStore = (store: string): string => (isDatabase(store) ? databaseOf(store) : store)

/**
 * The file that a `--store` word names; `undefined` for one in memory, and for a database.
 *
 * @throws {CliError} `CLI_STORE_KIND`
 */
export const storeFile = (store: string): string | undefined => {
  if (store === 'memory:' || isDatabase(store)) return undefined
  const file = store.startsWith('sqlite:') ? store.slice('sqlite:'.length) : store
  if (file === '' || /^(?:[a-z]{2,})?:/i.test(file)) throw new CliError('CLI_STORE_KIND', { where: `--store ${store}` })
  return file
}
