import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { BootError } from '../boot/errors.ts'
import { Limits, networkError } from './limits.ts'
import type { FileAnswer, FileRequest, Transfer, TransferNeeds } from './transfer.ts'

const [OK, NOT_FOUND] = [200, 404]
/** A file server has little to say before the file. */
const MAX_HEADER_BYTES = 8_192

/** Folders stay, whatever else is in a name is escaped. */
const pathOf = (file: string) => `/${file.split('/').map(encodeURIComponent).join('/')}`

/** Collects a body up to its bound. */
const readBody = (response: IncomingMessage, { request, done }: { request: FileRequest; done: Done }): void => {
  const { file, maxBytes } = request
  const tooLarge = (bytes: number) => new BootError('BOOT_FILE_TOO_LARGE', { where: file, detail: `${bytes} of ${maxBytes} bytes` })
  const announced = Number(response.headers['content-length'] ?? 0)
  if (announced > maxBytes) {
    done(tooLarge(announced))
    return
  }
  const chunks: Buffer[] = []
  let length = 0
  response.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > maxBytes) done(tooLarge(length))
    else chunks.push(chunk)
  })
  response.once('end', () => done(undefined, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length)))
}

type Done = (error: unknown, answer?: FileAnswer) => void

/** GET over a connection that is this request's own: one file, then it is closed. No agent, so that nothing stays open. */
export const getOver = (socket: Socket, request: FileRequest, { environment, options }: TransferNeeds): Promise<FileAnswer> =>
  new Promise((resolve, reject) => {
    const { file, host, signal } = request
    const where = file
    let isConnected = !socket.connecting
    let isOver = false
    const done: Done = (error, answer) => {
      if (isOver) return
      isOver = true
      limits.clear()
      client.destroy()
      socket.destroy()
      if (error) reject(networkError(error, { where, otherwise: isConnected ? 'BOOT_FILE_BROKEN' : 'BOOT_UNREACHABLE' }))
      else resolve(answer)
    }
    const limits = new Limits({ startTimer: environment.startTimer, signal, where, stop: done })
    const connected = () => {
      isConnected = true
      limits.within(options.fileTimeoutMs, 'BOOT_FILE_TIMEOUT')
    }
    const client = httpRequest({
      host,
      path: pathOf(file),
      createConnection: () => socket,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
    // Never removed: an error after the end would end the process.
    client.on('error', done)
    client.once('response', response => {
      response.on('error', done)
      const { statusCode } = response
      if (statusCode === NOT_FOUND) done(undefined, undefined)
      else if (statusCode !== OK) done(new BootError('BOOT_FILE_REFUSED', { where, detail: `HTTP ${statusCode}` }))
      else readBody(response, { request, done })
    })
    client.once('close', () => done(new Error('the server closed the connection')))
    if (isConnected) connected()
    else {
      limits.within(options.fileConnectTimeoutMs, 'BOOT_UNREACHABLE')
      socket.once('connect', connected)
    }
    client.end()
  })

/** HTTP, usually on port 6970 [BOOT-1.4]. */
export const getByHttp: Transfer = async (request, needs) => {
  const { host, localAddress, signal, file } = request
  if (signal?.aborted) throw new BootError('BOOT_ABORTED', { where: file })
  const port = needs.options.httpPort
  const socket = needs.environment.connectTcp({ host, port, ...(localAddress === undefined ? {} : { localAddress }) })
  return getOver(socket, request, needs)
}
