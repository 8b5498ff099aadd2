import type { RawOptions } from './fields.ts'

type OptionRow = { readonly key: string; readonly min: number; readonly max: number; readonly rfc: number; readonly doc: string }

/** Every option that is negotiated, by its name on the wire. All of them are decimal numbers. */
export const TRANSFER_OPTIONS = {
  blksize: {
    key: 'blockBytes',
    min: 8,
    max: 65_464,
    rfc: 2348,
    doc: 'Bytes of data in a full block. The server may answer with less.',
  },
  timeout: { key: 'timeoutSeconds', min: 1, max: 255, rfc: 2349, doc: 'How long either side waits before it sends again.' },
  tsize: {
    key: 'sizeBytes',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    rfc: 2349,
    doc: 'Size of the whole file. A reader asks with 0, the server answers with the size.',
  },
} as const satisfies Record<string, OptionRow>

type Row = (typeof TRANSFER_OPTIONS)[keyof typeof TRANSFER_OPTIONS]

/** Options that both sides know, by their meaning: `{ blockBytes: 1428 }`. */
export type TransferOptions = { readonly [R in Row as R['key']]?: number }

/** Without the option, RFC 1350 says so. */
export const DEFAULT_BLOCK_BYTES = 512

/** What is known of the options of a request; unknown ones and impossible values are as if they were not there (RFC 2347). */
export const readTransferOptions = (raw: RawOptions): TransferOptions => {
  const values = Object.entries(TRANSFER_OPTIONS).flatMap(([name, { key, min, max }]) => {
    const text = Object.hasOwn(raw, name) ? raw[name] : undefined
    const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : -1
    return value >= min && value <= max ? [[key, value] as const] : []
  })
  return Object.fromEntries(values)
}

/** As they stand in a RRQ or an OACK. */
export const writeTransferOptions = (options: TransferOptions): RawOptions =>
  Object.fromEntries(
    Object.entries(TRANSFER_OPTIONS).flatMap(([name, { key }]) =>
      options[key] === undefined ? [] : [[name, String(options[key])]],
    ),
  )
