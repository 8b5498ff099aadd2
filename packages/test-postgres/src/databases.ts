import { randomUUID } from 'node:crypto'
import { PostgresServer } from './postgres-server.ts'
import { tell } from './tell.ts'

export type Login = { user: string; password: string }

/** Somewhere to make databases. They are gone when it is disposed of. */
export interface Databases extends AsyncDisposable {
  /** The URL of a database on this server, also of one that is not there. */
  urlOf(database: string, login?: Partial<Login>): string
  /** The URL of a new and empty database. */
  newDatabase(): Promise<string>
}

/** Where tests make their databases instead of on a server of their own: a URL of a user who may make databases. */
const VARIABLE = 'CAPFKIT_TEST_POSTGRES'

/** A server that was there before and stays. */
class OutsideServer implements Databases {
  readonly #url: string
  readonly #names: string[] = []

  constructor(url: string) {
    this.#url = url
  }

  urlOf(database: string, { user, password }: Partial<Login> = {}): string {
    const url = new URL(this.#url)
    url.pathname = `/${database}`
    if (user !== undefined) url.username = user
    if (password !== undefined) url.password = password
    return url.href
  }

  async newDatabase(): Promise<string> {
    const name = `capfkit_test_${randomUUID().replaceAll('-', '')}`
    await tell(this.#url, `CREATE DATABASE ${name}`)
    this.#names.push(name)
    return this.urlOf(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#names) await tell(this.#url, `DROP DATABASE ${name} WITH (FORCE)`)
  }
}

/** For a test that does not stop its server: the one that CAPFKIT_TEST_POSTGRES names, or else one of its own. */
export const openDatabases = async (): Promise<Databases> => {
  const url = process.env[VARIABLE]
  return url ? new OutsideServer(url) : PostgresServer.start()
}
