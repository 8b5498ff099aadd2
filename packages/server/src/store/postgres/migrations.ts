import type { PoolClient } from 'pg'
import { ServerError } from '../../errors.ts'

/**
 * The schema, one step a version: step n brings version n to n + 1. A step that has been published never changes. Names are those
 * of CUCM's `device` table, as in SQLite [CAPF-7.3]; `key` is the name in small letters, by which devices are found.
 */
export const POSTGRES_MIGRATIONS: readonly string[] = [
  `CREATE TABLE device (
     key TEXT COLLATE "C" PRIMARY KEY,
     name TEXT NOT NULL,
     tkcertificateoperation INTEGER NOT NULL,
     tkauthenticationmode INTEGER NOT NULL,
     authenticationstring TEXT,
     tkkeyorder INTEGER NOT NULL,
     tkkeysize INTEGER NOT NULL,
     tkeckeysize INTEGER NOT NULL,
     tkcertificatestatus INTEGER NOT NULL,
     upgradefinishtime TEXT,
     failedattempts INTEGER NOT NULL DEFAULT 0,
     lockeduntilms BIGINT NOT NULL DEFAULT 0,
     certificate BYTEA,
     publickey TEXT,
     lscvaliduntil BIGINT NOT NULL DEFAULT 0,
     lscissuername TEXT,
     lscissuervaliduntil BIGINT NOT NULL DEFAULT 0,
     leasenode TEXT,
     leasetoken TEXT
   ) WITH (fillfactor = 70);
   CREATE TABLE node (id TEXT PRIMARY KEY, aliveuntilms BIGINT NOT NULL);
   CREATE TABLE request (
     id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     device TEXT NOT NULL COLLATE "C" REFERENCES device (key) ON DELETE CASCADE,
     name TEXT NOT NULL,
     state INTEGER NOT NULL,
     csr BYTEA NOT NULL,
     keyid TEXT NOT NULL,
     createdms BIGINT NOT NULL,
     duems BIGINT,
     certificate BYTEA,
     undecided INTEGER NOT NULL DEFAULT 0
   );
   CREATE INDEX requestofdevice ON request (device);
   CREATE INDEX requestforkey ON request (keyid);
   CREATE INDEX requestdue ON request (duems) WHERE duems IS NOT NULL;`,
]

/** "capf": whoever changes the schema of this database waits for whoever is at it. */
const LOCK = 0x63617066

/** Version of the schema, 0 where nothing is there yet. @throws `STORE_NOT_A_STORE`, `STORE_NEWER_SCHEMA` */
const schemaVersion = async (client: PoolClient, place: string): Promise<number> => {
  // Of the catalogue itself: what to_regclass says may be older than the lock.
  const { rows } = await client.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname IN ('capfkit', 'device')`,
  )
  const tables = rows.map(({ relname }) => relname)
  if (!tables.includes('capfkit')) {
    // Somebody else's table of this name is not ours to write into.
    if (tables.includes('device')) throw new ServerError('STORE_NOT_A_STORE', place)
    return 0
  }
  const found = await client.query<{ version: number }>('SELECT version FROM capfkit')
  const version = found.rows[0]?.version
  if (version === undefined) throw new ServerError('STORE_NOT_A_STORE', place)
  if (version > POSTGRES_MIGRATIONS.length) throw new ServerError('STORE_NEWER_SCHEMA', place)
  return version
}

/**
 * Bring the schema of a database to this version; several processes may do it at once.
 *
 * @throws {ServerError} `STORE_NOT_A_STORE`, `STORE_NEWER_SCHEMA`; else what the library throws.
 */
export const migrate = async (client: PoolClient, place: string): Promise<void> => {
  if ((await schemaVersion(client, place)) === POSTGRES_MIGRATIONS.length) return
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    // Only now nobody else is at it.
    const version = await schemaVersion(client, place)
    if (version === 0)
      await client.query('CREATE TABLE capfkit (version INTEGER NOT NULL); INSERT INTO capfkit (version) VALUES (0)')
    for (const sql of POSTGRES_MIGRATIONS.slice(version)) await client.query(sql)
    await client.query(`UPDATE capfkit SET version = ${POSTGRES_MIGRATIONS.length}`)
    await client.query('COMMIT')
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => {})
    throw cause
  }
}
