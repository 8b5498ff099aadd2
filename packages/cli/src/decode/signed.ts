import { createHash } from 'node:crypto'
import { parseSignedFile, parseTrustList, readHeaders, showHeader, TlvError } from '@capfkit/codec/tlv'
import { counted } from '../counted.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type Io, note, painter, print } from '../io.ts'
import { headerView, listView } from '../signed-file/view.ts'

const sha1 = (data: Buffer) => createHash('sha1').update(data).digest()

type Decoded = { readonly title: string; readonly headerLines: readonly string[]; readonly data: object }

/** A list, or a signed file: the name in the header says which, as nothing else does. */
const decodedFrom = (bytes: Buffer): Decoded => {
  const header = readHeaders(bytes)[0]!
  const headerLines = showHeader(header, sha1)
  if (header.fileName?.endsWith('.sgn')) {
    const { content } = parseSignedFile(bytes)
    const what = header.encryption ? 'encrypted and signed' : 'signed'
    const data = { kind: 'signed file', header: headerView(header), contentBytes: content.length }
    return { title: `${what} file, ${content.length} bytes of content`, headerLines, data }
  }
  const list = parseTrustList(bytes)
  return {
    title: `trust list, ${counted(list.records.length, 'record')}; see capf trustlist show`,
    headerLines,
    data: { kind: 'trust list', ...listView(list) },
  }
}

/** Shows a trust list or signed file, as `capf decode` shows frames. */
export const decodeSigned = (io: Io, input: { bytes: Buffer; source: string; json: boolean }): ExitCode | undefined => {
  const { bytes, source, json } = input
  try {
    const { title, headerLines, data } = decodedFrom(bytes)
    if (json) print(io, JSON.stringify({ version: 1, bytes: bytes.length, ...data }))
    else {
      print(io, `${painter(io.stdout, io)('bold', title)}`)
      for (const line of headerLines) print(io, line)
    }
    return undefined
  } catch (error) {
    if (!(error instanceof TlvError)) throw error
    note(io, `capf: ${source}: ${error.message}`)
    return EXIT.failed
  }
}
