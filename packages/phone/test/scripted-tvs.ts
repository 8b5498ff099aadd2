import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { encode, FrameReader, type Message } from '@capfkit/codec/tvs'
import { derToPem, privateKeyPem } from '@capfkit/pki'
import type { Credential } from '../src/index.ts'

/** What to answer; nothing: silence. A Buffer goes out as it is. */
export type TvsScript = (question: Message, socket: TLSSocket) => Message | Buffer | undefined

/** A TVS that plays one script with everybody who connects. */
export class ScriptedTvs implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<TLSSocket>()
  readonly heard: Message[] = []
  script: TvsScript

  private constructor(server: Server, script: TvsScript) {
    this.#server = server
    this.script = script
    server.on('secureConnection', socket => this.#serve(socket))
    server.on('tlsClientError', () => {})
  }

  static async start(credential: Credential, script: TvsScript): Promise<ScriptedTvs> {
    const { certificateDer, privateKey } = credential
    const server = createServer({ cert: derToPem(certificateDer), key: privateKeyPem(privateKey) })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ScriptedTvs(server, script)
  }

  #serve(socket: TLSSocket): void {
    this.#sockets.add(socket)
    const reader = new FrameReader()
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', chunk => {
      for (const question of reader.push(chunk)) {
        this.heard.push(question)
        const answer = this.script(question, socket)
        if (answer) socket.write(Buffer.isBuffer(answer) ? answer : encode(answer))
      }
    })
  }

  get connections(): number {
    return this.#sockets.size
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
