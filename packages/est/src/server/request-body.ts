import type { IncomingMessage, ServerResponse } from 'node:http'
import { type RefusalName, Refused } from './refusals.ts'

const announcedBytes = ({ headers }: IncomingMessage): number | undefined => {
  const length = headers['content-length']
  return length !== undefined && headers['transfer-encoding'] === undefined && /^\d{1,15}$/.test(length)
    ? Number(length)
    : undefined
}

const problemOf = (length: number | undefined, maxBytes: number): RefusalName | undefined => {
  if (length === undefined) return 'noLength'
  if (length === 0) return 'empty'
  return length > maxBytes ? 'tooLarge' : undefined
}

/**
 * The body of a request, bounded before anything of it is kept. One that is refused is read by Node and thrown away, so that a
 * client which is still sending can read the answer; the time for a request bounds that.
 *
 * @throws {Refused} `noLength` (chunks, too), `empty`, `tooLarge`
 */
export const readRequestBody = async (
  request: IncomingMessage,
  { response, maxBytes }: { response: ServerResponse; maxBytes: number },
): Promise<Buffer> => {
  // Who waits for "100 Continue" sends nothing after a refusal, and the next request could not be told from the body.
  const waits = request.headers.expect !== undefined
  const problem = problemOf(announcedBytes(request), maxBytes)
  if (problem) throw new Refused(problem, waits ? { headers: { connection: 'close' } } : {})
  if (waits) response.writeContinue()
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
