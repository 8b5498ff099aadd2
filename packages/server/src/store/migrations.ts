import { DatabaseSync } from 'node:sqlite'
import { ServerError, type ServerErrorCode } from '../errors.ts'

/**
 * The schema, one step a version: step n brings version n to n + 1. A step that has been published never changes.
 * Names are those of CUCM's `device` table, so that an operator's queries work here too [CAPF-7.3]. `device` keeps its row
 * ids: a row with a certificate in it would not fit a page of a table without them, and each write would cost three times as much.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE device (
     name TEXT PRIMARY KEY COLLATE NOCASE,
     tkcertificateoperation INTEGER NOT NULL,
     tkauthenticationmode INTEGER NOT NULL,
     authenticationstring TEXT,
     tkkeyorder INTEGER NOT NULL,
     tkkeysize INTEGER NOT NULL,
     tkeckeysize INTEGER NOT NULL,
     tkcertificatestatus INTEGER NOT NULL,
     upgradefinishtime TEXT,
     failedattempts INTEGER NOT NULL DEFAULT 0,
     lockeduntilms INTEGER NOT NULL DEFAULT 0,
     certificate BLOB,
     publickey TEXT,
     lscvaliduntil INTEGER NOT NULL DEFAULT 0,
     lscissuername TEXT,
     lscissuervaliduntil INTEGER NOT NULL DEFAULT 0,
     leasenode TEXT,
     leasetoken TEXT
   );
   CREATE TABLE node (id TEXT PRIMARY KEY, aliveuntilms INTEGER NOT NULL) WITHOUT ROWID;`,
  `CREATE TABLE request (
     id INTEGER PRIMARY KEY,
     device TEXT NOT NULL COLLATE NOCASE REFERENCES device (name) ON DELETE CASCADE,
     state INTEGER NOT NULL,
     csr BLOB NOT NULL,
     keyid TEXT NOT NULL,
     createdms INTEGER NOT NULL,
     duems INTEGER,
     certificate BLOB
   );
   CREATE INDEX requestofdevice ON request (device);
   CREATE INDEX requestforkey ON request (keyid);`,
  'ALTER TABLE request ADD COLUMN undecided INTEGER NOT NULL DEFAULT 0;',
]

/** "capf" in the application_id of the file header, so that another program's database is not taken for a store. */
const APPLICATION_ID = 0x63617066

/** What SQLite's primary result code means to an operator. */
const SQLITE_CODES: Readonly<Record<number, ServerErrorCode>> = {
  5: 'STORE_LOCKED',
  6: 'STORE_LOCKED',
  8: 'STORE_READ_ONLY',
  13: 'STORE_FULL',
  14: 'STORE_OPEN_FAILED',
  26: 'STORE_NOT_A_STORE',
}

/** The store's own error for whatever `node:sqlite` threw. */
export const storeError = (file: string, cause: unknown): ServerError => {
  if (cause instanceof ServerError) return cause
  const errcode = (cause as { errcode?: unknown }).errcode
  const code = typeof errcode === 'number' ? SQLITE_CODES[errcode & 0xff] : undefined
  return new ServerError(code ?? 'STORE_FAILED', file, { cause })
}

const pragma = (database: DatabaseSync, name: string): number =>
  Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0)

/** Version of the schema, 0 for a new file. @throws `STORE_NOT_A_STORE`, `STORE_NEWER_SCHEMA` */
const schemaVersion = (database: DatabaseSync, file: string): number => {
  const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n)
  if (tables > 0 && pragma(database, 'application_id') !== APPLICATION_ID) throw new ServerError('STORE_NOT_A_STORE', file)
  const version = pragma(database, 'user_version')
  if (version > MIGRATIONS.length) throw new ServerError('STORE_NEWER_SCHEMA', file)
  return version
}

/** What is read inside belongs together, though another process may be making the file at this moment. */
const inTransaction = <T>(database: DatabaseSync, { begin, work }: { begin: string; work: () => T }): T => {
  database.exec(begin)
  const result = work()
  database.exec('COMMIT')
  return result
}

const migrate = (database: DatabaseSync, file: string) => {
  for (const sql of MIGRATIONS.slice(schemaVersion(database, file))) database.exec(sql)
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`)
}

const prepare = (database: DatabaseSync, file: string) => {
  // Looked at before anything is changed: the file may be another program's.
  const version = inTransaction(database, { begin: 'BEGIN', work: () => schemaVersion(database, file) })
  // A change of the journal mode needs the file for itself; it is in WAL already on all but the first open.
  if (database.prepare('PRAGMA journal_mode').get()?.journal_mode !== 'wal') database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON')
  // Only inside the write lock is the version certain.
  if (version < MIGRATIONS.length) inTransaction(database, { begin: 'BEGIN IMMEDIATE', work: () => migrate(database, file) })
}

/**
 * Open a device store file, made anew (mode 0600) when it is not there, and bring its schema to this version.
 *
 * @throws {ServerError} `STORE_OPEN_FAILED`, `STORE_NOT_A_STORE`, `STORE_NEWER_SCHEMA`, `STORE_LOCKED`, `STORE_READ_ONLY`, `STORE_FULL`.
 */
export const openDatabase = (file: string, busyTimeoutMs: number): DatabaseSync => {
  // SQLite makes the file with the process's umask, and it holds authentication strings.
  const umask = process.umask(0o077)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: busyTimeoutMs })
    prepare(database, file)
    return database
  } catch (cause) {
    database?.close()
    throw storeError(file, cause)
  } finally {
    process.umask(umask)
  }
}
