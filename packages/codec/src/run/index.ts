export { encodeEntries } from './encode.ts'
export { RUN_ERRORS, RunError, type RunErrorCode } from './errors.ts'
export { protoText } from './proto-text.ts'
export { MAX_ENTRY_BYTES, RunReader } from './run-reader.ts'
export {
  type EntryKind,
  type FieldRow,
  type RecordName,
  RUN_FORMAT,
  RUN_RECORDS,
  RUN_VERSION,
  type RunEntry,
  type RunRecord,
} from './schema.ts'
