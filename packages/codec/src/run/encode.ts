import type { RunEntry } from './schema.ts'
import { newWriter, wireType } from './wire.ts'

/** Entries as they stand in a file, each behind its length. What does not fit a field is a mistake of the caller. */
export const encodeEntries = (entries: Iterable<RunEntry>): Uint8Array => {
  const type = wireType('Entry')
  const writer = newWriter()
  for (const entry of entries) type.encodeDelimited({ [entry.kind]: entry }, writer)
  return writer.finish()
}
