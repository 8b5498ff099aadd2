import { parseOptions } from '@capfkit/codec/options'
import { type Address, type Logger, parseAddress } from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import { FilesError } from './errors.ts'
import type { FileSource } from './file-source.ts'
import { HttpFileServer } from './http-server.ts'
import { FILE_SERVER_OPTIONS, type FileServerOptions } from './options.ts'
import { OUTCOMES, type Served, ServedCounters, type ServedCounts } from './served.ts'
import { TftpServer } from './tftp-server.ts'
import type { Timer } from './transfer.ts'

export type FileServerInit = {
  readonly source: FileSource
  /** Values of {@link FILE_SERVER_OPTIONS}. */
  readonly options?: Partial<FileServerOptions>
  /** For HTTPS: the certificate that the trust list names, with an EC key. */
  readonly httpsCertificate?: CertificateAndKey
  readonly log?: Logger
  /** Called at the end of each request, e.g. for a test or a dashboard. */
  readonly onServed?: (served: Served) => void
  /** Milliseconds, never backwards; how long a request took. */
  readonly now?: () => number
  readonly startTimer?: (callback: () => void, ms: number) => Timer
}

/** Where it listens: what is not switched on is not there. */
export type FileServerAddresses = { readonly tftp?: Address; readonly http: Address; readonly https?: Address }

export type FileServerReport = { readonly transfers: number; readonly connections: number; readonly served: ServedCounts }

/**
 * The file service of a cluster: TFTP, HTTP 6970 and HTTPS 6971 over one source of files.
 *
 * `await using server = await FileServer.start({ … })` ends it at the end of the block; `close` drains it.
 */
export class FileServer implements AsyncDisposable {
  readonly #options: FileServerOptions
  readonly #counters = new ServedCounters()
  readonly #tftp: TftpServer | undefined
  readonly #http: HttpFileServer
  readonly #https: HttpFileServer | undefined
  #closed: Promise<void> | undefined

  private constructor(init: FileServerInit) {
    const options = parseOptions(FILE_SERVER_OPTIONS, init.options)
    this.#options = options
    const { source, log, now = () => performance.now(), startTimer = setTimeout } = init
    const onServed = (served: Served) => {
      this.#counters.add(served)
      log?.[OUTCOMES[served.outcome].level](served, 'file')
      init.onServed?.(served)
    }
    const onError = (err: unknown) => log?.error({ err }, 'the file server has trouble')
    const all = { source, options, onServed, onError, now, startTimer }
    this.#tftp = options.tftp ? new TftpServer({ ...all, ...parseAddress(options.listen) }) : undefined
    this.#http = new HttpFileServer({ ...all, ...parseAddress(options.http) })
    if (options.https === undefined) return
    if (!init.httpsCertificate) throw new FilesError('FILES_NO_CERTIFICATE', options.https)
    this.#https = new HttpFileServer({ ...all, ...parseAddress(options.https), certificate: init.httpsCertificate })
  }

  /** @throws {FilesError} `FILES_NO_CERTIFICATE`; {ListenError}; OptionError: a wrong option. */
  static async start(init: FileServerInit): Promise<FileServer> {
    const server = new FileServer(init)
    const listening = await Promise.allSettled(server.#all.map(part => part.listen()))
    const failed = listening.find(({ status }) => status === 'rejected')
    if (!failed) return server
    const open = server.#all.filter((_, index) => listening[index]?.status === 'fulfilled')
    await Promise.all(open.map(part => part.close(0)))
    throw (failed as PromiseRejectedResult).reason
  }

  get #all(): (TftpServer | HttpFileServer)[] {
    return [this.#tftp, this.#http, this.#https].filter(part => part !== undefined)
  }

  /** With the ports that were picked for port 0. */
  get addresses(): FileServerAddresses {
    return {
      ...(this.#tftp ? { tftp: this.#tftp.address } : {}),
      http: this.#http.address,
      ...(this.#https ? { https: this.#https.address } : {}),
    }
  }

  report(): FileServerReport {
    return {
      transfers: this.#tftp?.transfers ?? 0,
      connections: this.#http.connections + (this.#https?.connections ?? 0),
      served: this.#counters.counts,
    }
  }

  /** Use another certificate for HTTPS from now on. */
  reload(httpsCertificate: CertificateAndKey): void {
    this.#https?.reload(httpsCertificate)
  }

  /** Take no more requests, let those that run end, cut them after `drainTimeoutMs`. */
  close(): Promise<void> {
    this.#closed ??= Promise.all(this.#all.map(part => part.close(this.#options.drainTimeoutMs))).then(() => undefined)
    return this.#closed
  }

  /** End every transfer and every connection now. */
  cut(): void {
    for (const part of this.#all) part.cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.close()
    this.cut()
    await closed
  }
}
