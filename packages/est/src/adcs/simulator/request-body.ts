import type { IncomingMessage, ServerResponse } from 'node:http'

/** The whole body, or nothing when it is longer than is allowed or never comes to its end. */
export const bodyOf = async (
  request: IncomingMessage,
  { response, maxBytes }: { response: ServerResponse; maxBytes: number },
): Promise<Buffer | 'too-large' | 'gone'> => {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too-large'
  if (request.headers.expect !== undefined) response.writeContinue()
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > maxBytes) return 'too-large'
      chunks.push(chunk)
    }
  } catch {
    return 'gone'
  }
  return Buffer.concat(chunks)
}
