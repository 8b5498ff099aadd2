import { monitorTables } from './monitor-tables.ts'
import { pkiTimersTables } from './pki-timers-tables.ts'
import { PROTOCOL_PAGES, type ProtocolPage } from './protocol-pages.ts'
import { scaleTables } from './scale-tables.ts'

/** Pages that are written by hand and have tables of the code in them: those about protocols, and those about a use. */
export const FILLED_PAGES: readonly ProtocolPage[] = [
  ...Object.values(PROTOCOL_PAGES),
  { path: 'docs/monitor.md', tables: monitorTables },
  { path: 'docs/pki-timers.md', tables: pkiTimersTables },
  { path: 'docs/scale.md', tables: scaleTables },
]
