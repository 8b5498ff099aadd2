import { Connections, type DatabaseSchema } from '@capfkit/server'
import { PatientConnections, type StorePatience } from './store-patience.ts'

/** The tables of distributed runs, one step a version. A step that has been published never changes. */
export const FLEET_MIGRATIONS: readonly string[] = [
  `CREATE TABLE capf_fleet.run (
     id TEXT PRIMARY KEY,
     number BIGINT GENERATED ALWAYS AS IDENTITY,
     version TEXT NOT NULL,
     state TEXT NOT NULL,
     slices INTEGER NOT NULL,
     plan JSONB NOT NULL,
     job JSONB NOT NULL,
     createdms BIGINT NOT NULL,
     ordered INTEGER NOT NULL DEFAULT -1,
     phase INTEGER NOT NULL DEFAULT -1,
     beganms BIGINT,
     rounds JSONB NOT NULL DEFAULT '[]',
     pace JSONB NOT NULL,
     coordinator TEXT NOT NULL,
     coordinatoruntilms BIGINT NOT NULL
   );
   CREATE TABLE capf_fleet.worker (
     id TEXT PRIMARY KEY,
     run TEXT NOT NULL REFERENCES capf_fleet.run (id) ON DELETE CASCADE,
     name TEXT NOT NULL,
     processes INTEGER NOT NULL,
     clockoffsetms DOUBLE PRECISION NOT NULL,
     roundtripms DOUBLE PRECISION NOT NULL,
     aliveuntilms BIGINT NOT NULL,
     state TEXT NOT NULL
   );
   CREATE TABLE capf_fleet.slice (
     run TEXT NOT NULL REFERENCES capf_fleet.run (id) ON DELETE CASCADE,
     number INTEGER NOT NULL,
     worker TEXT REFERENCES capf_fleet.worker (id),
     ready BOOLEAN NOT NULL DEFAULT FALSE,
     phasedone INTEGER NOT NULL DEFAULT -1,
     PRIMARY KEY (run, number)
   );
   CREATE TABLE capf_fleet.report (
     run TEXT NOT NULL REFERENCES capf_fleet.run (id) ON DELETE CASCADE,
     worker TEXT NOT NULL,
     seq INTEGER NOT NULL,
     phase INTEGER NOT NULL,
     atms BIGINT NOT NULL,
     told JSONB NOT NULL,
     PRIMARY KEY (run, worker, seq)
   );
   CREATE TABLE capf_fleet.result (
     run TEXT NOT NULL REFERENCES capf_fleet.run (id) ON DELETE CASCADE,
     phase INTEGER NOT NULL,
     phone INTEGER NOT NULL,
     lap INTEGER NOT NULL,
     worker TEXT NOT NULL,
     outcome TEXT NOT NULL,
     startedms BIGINT NOT NULL,
     totalms REAL NOT NULL,
     failure TEXT,
     entry BYTEA NOT NULL,
     PRIMARY KEY (run, phase, phone, lap)
   );`,
  // What phones have, so that they can go to another worker. Keys stand once, however many certificates there are for them.
  `CREATE TABLE capf_fleet.key (
     run TEXT NOT NULL REFERENCES capf_fleet.run (id) ON DELETE CASCADE,
     digest BYTEA NOT NULL,
     spki BYTEA NOT NULL,
     pkcs8 BYTEA NOT NULL,
     PRIMARY KEY (run, digest)
   );
   CREATE TABLE capf_fleet.phone (
     run TEXT NOT NULL REFERENCES capf_fleet.run (id) ON DELETE CASCADE,
     name TEXT NOT NULL,
     model TEXT NOT NULL,
     mic BYTEA,
     mickey BYTEA,
     lsc BYTEA,
     lsckey BYTEA,
     pendingkey BYTEA,
     operation TEXT,
     atms DOUBLE PRECISION,
     PRIMARY KEY (run, name)
   );`,
  // When somebody took it up that nobody had carried out until then: what lies before each of them is no time of the run.
  "ALTER TABLE capf_fleet.run ADD COLUMN takenupms BIGINT[] NOT NULL DEFAULT '{}';",
]

const FLEET_SCHEMA: DatabaseSchema = { name: 'capf_fleet', migrations: FLEET_MIGRATIONS, table: 'run' }

/** Statements of a coordinator or a worker are few and short: a second of work in one, and the queue beside it. */
const CONNECTIONS = 4
const TIMEOUT_MS = 5_000

/**
 * Connects when it is first asked for something.
 *
 * @param patience  waits for it; without it every call says at once that it is away.
 * @throws ServerError `STORE_OPEN_FAILED` for words that are no URL.
 */
export const openFleetDatabase = (url: string, patience?: StorePatience): Connections => {
  const init = { url, most: CONNECTIONS, timeoutMs: TIMEOUT_MS, schema: FLEET_SCHEMA }
  return patience ? new PatientConnections(init, patience) : new Connections(init)
}
