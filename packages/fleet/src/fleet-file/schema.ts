import { DatabaseSync } from 'node:sqlite'
import { FleetError } from '../errors.ts'

/**
 * The file of a fleet, one step a version: step n brings version n to n + 1. A step that has been published never changes.
 * Keys stand once, however many certificates there are for them: a run whose phones share the keys of a pool writes few.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE key (digest BLOB PRIMARY KEY, spki BLOB NOT NULL, pkcs8 BLOB NOT NULL);
   CREATE TABLE phone (
     name TEXT PRIMARY KEY COLLATE NOCASE,
     model TEXT NOT NULL,
     mic BLOB,
     mickey BLOB,
     lsc BLOB,
     lsckey BLOB,
     pendingkey BLOB,
     operation TEXT,
     atms REAL
   );
   CREATE TABLE authority (role TEXT PRIMARY KEY, certificate BLOB NOT NULL, pkcs8 BLOB NOT NULL);`,
]

/** "flee" in the application_id of the file header, so that another program's database is not taken for a fleet. */
const APPLICATION_ID = 0x666c6565

export const SQL = {
  phone: 'SELECT model, mic, mickey, lsc, lsckey, pendingkey FROM phone WHERE name = ?',
  key: 'SELECT spki, pkcs8 FROM key WHERE digest = ?',
  keepKey: 'INSERT INTO key (digest, spki, pkcs8) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  /** A phone that is made: whatever else is known of it stays. */
  made: `INSERT INTO phone (name, model, mic, mickey) VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET model = excluded.model, mic = excluded.mic, mickey = excluded.mickey`,
  /** `?4`: the LSC has changed, to what follows. */
  ended: `UPDATE phone SET operation = ?2, atms = ?3, lsc = CASE WHEN ?4 THEN ?5 ELSE lsc END,
            lsckey = CASE WHEN ?4 THEN ?6 ELSE lsckey END, pendingkey = ?7 WHERE name = ?1`,
  /** The same for a phone that is made in the same batch. `?7`: the LSC has changed. */
  madeAndEnded: `INSERT INTO phone (name, model, mic, mickey, operation, atms, lsc, lsckey, pendingkey)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?8, ?9, ?10)
                 ON CONFLICT (name) DO UPDATE SET model = excluded.model, mic = excluded.mic, mickey = excluded.mickey,
                   operation = excluded.operation, atms = excluded.atms, pendingkey = excluded.pendingkey,
                   lsc = CASE WHEN ?7 THEN excluded.lsc ELSE lsc END, lsckey = CASE WHEN ?7 THEN excluded.lsckey ELSE lsckey END`,
  some: 'SELECT 1 FROM phone LIMIT 1',
  /** A key whose certificate is still to come. */
  madeKey: `INSERT INTO phone (name, model, pendingkey) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET pendingkey = excluded.pendingkey WHERE coalesce(lsckey <> excluded.pendingkey, TRUE)`,
  authority: 'SELECT certificate, pkcs8 FROM authority WHERE role = ?',
  keepAuthority: 'INSERT OR REPLACE INTO authority (role, certificate, pkcs8) VALUES (?, ?, ?)',
  /** Keys of certificates that were replaced. */
  forgetKeys: `DELETE FROM key WHERE digest NOT IN (
                 SELECT mickey FROM phone WHERE mickey IS NOT NULL
                 UNION SELECT lsckey FROM phone WHERE lsckey IS NOT NULL
                 UNION SELECT pendingkey FROM phone WHERE pendingkey IS NOT NULL)`,
} as const

const pragma = (database: DatabaseSync, name: string) =>
  Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0)

const migrate = (database: DatabaseSync): void => {
  const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n)
  if (tables > 0 && pragma(database, 'application_id') !== APPLICATION_ID) throw new Error('it is the file of another program')
  const version = pragma(database, 'user_version')
  if (version > MIGRATIONS.length) throw new Error('a newer version of this program has written it')
  if (version === MIGRATIONS.length) return
  for (const sql of MIGRATIONS.slice(version)) database.exec(sql)
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`)
}

/** How long opening may wait for another process that makes the file at this moment. */
const OPEN_TIMEOUT_MS = 5_000

/**
 * Open the file, made anew (mode 0600) when it is not there. A process may be killed at any moment; for a loss of power the
 * writes are not flushed one by one, as nothing in it is worth what that costs a run.
 *
 * @throws {FleetError} `FLEET_FILE`.
 */
export const openFleetDatabase = (file: string): DatabaseSync => {
  // SQLite makes the file with the process's umask, and it holds private keys.
  const umask = process.umask(0o077)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: OPEN_TIMEOUT_MS })
    if (database.prepare('PRAGMA journal_mode').get()?.journal_mode !== 'wal') database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = OFF; BEGIN IMMEDIATE')
    migrate(database)
    // What waits for a lock of another process must not hold up sessions: it is tried again instead.
    database.exec('COMMIT; PRAGMA busy_timeout = 0')
    return database
  } catch (cause) {
    database?.close()
    throw new FleetError('FLEET_FILE', file, { cause })
  } finally {
    process.umask(umask)
  }
}
