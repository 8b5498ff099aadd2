import type { BootOptions } from '../boot/options.ts'
import type { Environment } from '../environment.ts'

/** One file to fetch by one transport. `signal` ends it at once with BOOT_ABORTED. */
export type FileRequest = {
  /** An address, not a name. */
  readonly host: string
  readonly localAddress: string | undefined
  readonly file: string
  readonly maxBytes: number
  readonly signal: AbortSignal | undefined
}

/** The file; `undefined`: the server says that there is none. */
export type FileAnswer = Buffer | undefined

export type TransferNeeds = { readonly environment: Environment; readonly options: BootOptions }

/**
 * Gets one file.
 *
 * @throws {BootError} `BOOT_UNREACHABLE`, `BOOT_NO_RESOURCES`, `BOOT_FILE_TIMEOUT`, `BOOT_FILE_TOO_LARGE`, `BOOT_FILE_REFUSED`,
 *   `BOOT_FILE_BROKEN`, `BOOT_HTTPS_UNTRUSTED`, `BOOT_ABORTED`.
 */
export type Transfer = (request: FileRequest, needs: TransferNeeds) => Promise<FileAnswer>
