import { type DeviceFiles, type FileRequest, FileServer, type FileSource, type SourceFile } from '@capfkit/tftp'

const ANY_PORT = '127.0.0.1:0'

/** What is done to a file on its way to the phones; `undefined`: there is none. */
export type Tamper = (name: string, bytes: Buffer) => Buffer | undefined

/** The file server of a stage, and somebody who may meddle with what it serves. */
export class FilePart implements AsyncDisposable, FileSource {
  readonly source: DeviceFiles
  /** Without it files are served as they were made. */
  tamper: Tamper | undefined
  /** Hears of each file that is asked for. */
  onAsked: ((name: string, isThere: boolean) => void) | undefined
  #server!: FileServer

  private constructor(source: DeviceFiles) {
    this.source = source
  }

  static async start(source: DeviceFiles): Promise<FilePart> {
    const part = new FilePart(source)
    part.#server = await FileServer.start({ source: part, options: { listen: ANY_PORT, http: ANY_PORT } })
    return part
  }

  get httpPort(): number {
    return this.#server.addresses.http.port
  }

  get tftpPort(): number {
    return this.#server.addresses.tftp!.port
  }

  /** The list as the command line of the server would see it; empty where there is none. */
  get itl(): Buffer {
    const { itl } = this.source.lists
    return this.tamper ? (this.tamper('ITLFile.tlv', itl) ?? Buffer.alloc(0)) : itl
  }

  async get(name: string, request: FileRequest): Promise<SourceFile | undefined> {
    const made = await this.source.get(name, request)
    const bytes = made && (this.tamper ? this.tamper(name, made.bytes) : made.bytes)
    this.onAsked?.(name, bytes !== undefined)
    return made && bytes && { ...made, bytes }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]()
  }
}
