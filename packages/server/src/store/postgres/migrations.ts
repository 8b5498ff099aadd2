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

/** Tables of ours in a database that may have others. */
export type DatabaseSchema = {
  /** Without one they stand in the schema that the connection comes to. */
  readonly name?: string
  readonly migrations: readonly string[]
  /** A table of this name beside no version of ours is somebody else's. */
  readonly table: string
}

export const DEVICE_SCHEMA: DatabaseSchema = { migrations: POSTGRES_MIGRATIONS, table: 'device' }

/** "capf": whoever changes a schema of this database waits for whoever is at it. */
const LOCK = 0x63617066

/** The table with the version of a schema. */
const versionTable = ({ name }: DatabaseSchema) => (name === undefined ? 'capfkit' : `${name}.capfkit`)

/** Version of the schema, 0 where nothing is there yet. @throws `STORE_NOT_A_STORE`, `STORE_NEWER_SCHEMA` */
const schemaVersion = async (client: PoolClient, { place, schema }: Migrated): Promise<number> => {
  // Of the catalogue itself: what to_regclass says may be older than the lock.
  const space = schema.name === undefined ? 'current_schema()::regnamespace' : `to_regnamespace('${schema.name}')`
  const { rows } = await client.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relnamespace = ${space} AND relname IN ('capfkit', '${schema.table}')`,
  )
  const tables = rows.map(({ relname }) => relname)
  if (!tables.includes('capfkit')) {
    // Somebody else's table of this name is not ours to write into.
    if (tables.includes(schema.table)) throw new ServerError('STORE_NOT_A_STORE', place)
    return 0
  }
  const found = await client.query<{ version: number }>(`SELECT version FROM ${versionTable(schema)}`)
  const version = found.rows[0]?.version
  if (version === undefined) throw new ServerError('STORE_NOT_A_STORE', place)
  if (version > schema.migrations.length) throw new ServerError('STORE_NEWER_SCHEMA', place)
  return version
}

type Migrated = { readonly place: string; readonly schema: DatabaseSchema }

/**
 * Bring a schema of a database to this version; several processes may do it at once.
 *
 * @throws {ServerError} `STORE_NOT_A_STORE`, `STORE_NEWER_SCHEMA`; else what the library throws.
 */
export const migrate = async (client: PoolClient, migrated: Migrated): Promise<void> => {
  const { name, migrations } = migrated.schema
  const table = versionTable(migrated.schema)
  if ((await schemaVersion(client, migrated)) === migrations.length) return
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    // Only now nobody else is at it.
    const version = await schemaVersion(client, migrated)
    if (version === 0) {
      if (name !== undefined) await client.query(`CREATE SCHEMA IF NOT EXISTS ${name}`)
      await client.query(`CREATE TABLE ${table} (version INTEGER NOT NULL); INSERT INTO ${table} (version) VALUES (0)`)
    }
    for (const sql of migrations.slice(version)) await client.query(sql)
    await client.query(`UPDATE ${table} SET version = ${migrations.length}`)
    await client.query('COMMIT')
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => {})
    throw cause
  }
}
