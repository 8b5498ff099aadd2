import { BootError, bootError } from '../boot/errors.ts'
import type { BootOptions } from '../boot/options.ts'
import type { Environment } from '../environment.ts'
import type { PhoneModel } from '../models.ts'
import type { ConsoleLog } from '../screen/console-lines.ts'
import type { HeldLists } from '../trust/held-lists.ts'
import { getByHttp, getOver } from './http.ts'
import { openSecureSocket } from './secure-socket.ts'
import { getByTftp } from './tftp.ts'
import type { FileAnswer, Transfer } from './transfer.ts'

type TransportRow = {
  readonly usable: (what: { model: PhoneModel; lists: HeldLists }) => boolean
  readonly get: (lists: HeldLists) => Transfer
}

/** HTTPS, usually on port 6971, from a server that the trust list has [BOOT-1.4]. */
const getByHttps =
  (lists: HeldLists): Transfer =>
  async (request, needs) => {
    const { host, localAddress, signal } = request
    const { environment, options } = needs
    const socket = await openSecureSocket({
      target: { host, port: options.httpsPort, ...(localAddress === undefined ? {} : { localAddress }) },
      environment,
      accepts: certificateDer => lists.isFileServer(certificateDer),
      untrusted: 'BOOT_HTTPS_UNTRUSTED',
      timeoutMs: options.fileConnectTimeoutMs,
      signal,
    })
    return getOver(socket, request, needs)
  }

/** How files can be had, in the order in which phones try [BOOT-1.4]. */
export const TRANSPORTS = {
  HTTPS: { usable: ({ model, lists }) => model.https && lists.tellsOfHttps, get: getByHttps },
  HTTP: { usable: ({ model }) => model.http, get: () => getByHttp },
  TFTP: { usable: () => true, get: () => getByTftp },
} as const satisfies Record<string, TransportRow>

export type Transport = keyof typeof TRANSPORTS
const NAMES = Object.keys(TRANSPORTS) as readonly Transport[]

/** What came of asking for one file; `bytes` missing: the server has no such file. */
export type Fetched = { readonly transport: Transport; readonly bytes: FileAnswer }

export type FetcherInit = {
  readonly environment: Environment
  readonly options: BootOptions
  readonly model: PhoneModel
  readonly lists: HeldLists
  readonly console: ConsoleLog
  /** An address, not a name. */
  readonly host: string
  readonly localAddress: string | undefined
  readonly signal: AbortSignal | undefined
}

/** Gets the files of one boot: by the first transport that works. A dead end is not tried again. */
export class Fetcher {
  readonly #init: FetcherInit
  readonly #deadEnds = new Set<Transport>()

  constructor(init: FetcherInit) {
    this.#init = init
  }

  /**
   * @param maxBytes  more than that is BOOT_FILE_TOO_LARGE.
   * @throws {BootError} what the last transport said; of several the one that had an answer.
   */
  async get(file: string, maxBytes: number): Promise<Fetched> {
    const { environment, options, host, localAddress, signal, lists, model, console } = this.#init
    let failure: BootError | undefined
    for (const transport of NAMES) {
      const row = TRANSPORTS[transport]
      if (this.#deadEnds.has(transport) || !row.usable({ model, lists })) continue
      console.write('FILE_ASKED', { file, transport })
      try {
        const request = { host, localAddress, file, maxBytes: Math.min(maxBytes, options.maxFileBytes), signal }
        const bytes = await row.get(lists)(request, { environment, options })
        if (!bytes) console.write('FILE_MISSING', { file })
        return { transport, bytes }
      } catch (error) {
        if (!(error instanceof BootError)) throw error
        console.write('FILE_FAILED', { file, code: error.code })
        if (error.code === 'BOOT_ABORTED') throw error
        const { deadEnd } = bootError(error.code)
        if (deadEnd) this.#deadEnds.add(transport)
        if (!failure || !deadEnd) failure = error
      }
    }
    throw failure ?? new BootError('BOOT_UNREACHABLE', { where: file, detail: 'no transport is left' })
  }
}
