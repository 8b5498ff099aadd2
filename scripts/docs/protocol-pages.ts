import { protoText } from '../../packages/codec/src/run/index.ts'
import * as tvs from '../../packages/codec/src/tvs/index.ts'
import { adcsTables } from './adcs-tables.ts'
import { bootTables } from './boot-tables.ts'
import { capfTables } from './capf-tables.ts'
import { estTables } from './est-tables.ts'
import { fileTables } from './file-tables.ts'
import { elementTable, messageTable } from './frame-tables.ts'
import { trustTables } from './trust-tables.ts'

/** A page about a protocol: clauses that code cites as `[CAPF-4.3]`, and tables of the code between them. */
export type ProtocolPage = {
  readonly path: string
  /** What stands between the marks of the page, by name. */
  tables(): Readonly<Record<string, string>>
}

/** By the name under which its clauses are cited. */
export const PROTOCOL_PAGES: Readonly<Record<string, ProtocolPage>> = {
  ADCS: { path: 'docs/protocol/adcs.md', tables: adcsTables },
  BOOT: { path: 'docs/protocol/boot.md', tables: bootTables },
  CAPF: { path: 'docs/protocol/capf.md', tables: capfTables },
  EST: { path: 'docs/protocol/est.md', tables: estTables },
  FILES: { path: 'docs/protocol/files.md', tables: fileTables },
  RUN: { path: 'docs/protocol/run-file.md', tables: () => ({ proto: `\`\`\`proto\n${protoText()}\n\`\`\`` }) },
  TRUST: { path: 'docs/protocol/trust-lists.md', tables: trustTables },
  TVS: {
    path: 'docs/protocol/tvs.md',
    tables: () => ({ messages: messageTable(tvs.MESSAGES), elements: elementTable(tvs.ELEMENTS) }),
  },
}
