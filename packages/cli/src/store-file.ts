import { CliError } from './errors.ts'

/**
 * The file that a `--store` word names; `undefined` for one in memory.
 *
 * @throws {CliError} `CLI_STORE_KIND`
 */
export const storeFile = (store: string): string | undefined => {
  if (store === 'memory:') return undefined
  const file = store.startsWith('sqlite:') ? store.slice('sqlite:'.length) : store
  if (file === '' || /^(?:[a-z]{2,})?:/i.test(file)) throw new CliError('CLI_STORE_KIND', { where: `--store ${store}` })
  return file
}
