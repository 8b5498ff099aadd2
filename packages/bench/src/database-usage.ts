import { type PostgresServer, tell } from '@capfkit/test-postgres'
import { cpuMsOfFamily } from './cpu.ts'

/** What a database has used and written since it runs. `writes`: transactions that changed something. */
export type DatabaseUsage = { cpuMs: number; writes: number; walBytes: number }

export const databaseUsage = async (server: PostgresServer, url: string): Promise<DatabaseUsage> => {
  const [row] = await tell(
    url,
    `SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS writes, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS wal`,
  )
  return { cpuMs: cpuMsOfFamily(server.pid), writes: Number(row?.writes), walBytes: Number(row?.wal) }
}
