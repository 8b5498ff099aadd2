import { errorMessage } from '@capfkit/codec/errors'
import { EXIT, type ExitCode } from './exit-codes.ts'

/** Every failure that is the command line's own: what, what to do, and the exit code. Codes are stable. */
export const CLI_ERRORS = {
  CLI_UNKNOWN_COMMAND: { what: 'there is no such command', remedy: 'see capf --help', exit: EXIT.usage },
  CLI_USAGE: { what: 'the command line is not complete', remedy: 'see --help of the command', exit: EXIT.usage },
  CLI_CONFIG_SYNTAX: { what: 'the option file is not a YAML map of names and values', remedy: 'correct it', exit: EXIT.usage },
  CLI_FILE_UNREADABLE: {
    what: 'the file cannot be read',
    remedy: 'check the name and the right to read it',
    exit: EXIT.usage,
  },
  CLI_FILE_UNWRITABLE: {
    what: 'the file cannot be written',
    remedy: 'check the folder, the right to write, and the room on the disk',
    exit: EXIT.failed,
  },
  CLI_FILE_TOO_LARGE: { what: 'the file is larger than this command reads', remedy: 'split it', exit: EXIT.usage },
  CLI_BAD_CERTIFICATE_FILE: {
    what: 'this is not what a certificate file holds here',
    remedy: 'give a PEM file with the certificate and, where it is a credential, its private key',
    exit: EXIT.usage,
  },
  CLI_BAD_SIGNED_FILE: {
    what: 'this is not a trust list or signed file',
    remedy: 'give the file as the TFTP server has it, fetched in binary mode',
    exit: EXIT.usage,
  },
  CLI_STORE_IN_MEMORY: {
    what: 'a store in memory ends with its process, so there is nothing in it to manage',
    remedy: 'name a file: --store sqlite:FILE',
    exit: EXIT.usage,
  },
  CLI_STORE_KIND: {
    what: 'this kind of store is not part of this version',
    remedy: 'name sqlite:FILE or postgres://USER@HOST/DATABASE, or memory: for a server',
    exit: EXIT.usage,
  },
  CLI_STORE_MISSING: {
    what: 'there is no such store',
    remedy: 'name the right file with --store, or make it with capf device add',
    exit: EXIT.usage,
  },
  CLI_DEVICE_UNKNOWN: { what: 'no device of this name is in the store', remedy: 'see capf device list', exit: EXIT.failed },
  CLI_IMPORT_REFUSED: { what: 'nothing was imported', remedy: 'correct the rows that are named', exit: EXIT.failed },
  CLI_ADMIN_OPEN: {
    what: 'the admin door may listen beyond this machine with a token only',
    remedy: 'set CAPF_ADMIN_TOKEN, or listen on 127.0.0.1',
    exit: EXIT.usage,
  },
  CLI_DOOR_CLOSED: {
    what: 'the address cannot be listened on',
    remedy: 'choose another port, or leave the option out',
    exit: EXIT.usage,
  },
  CLI_STOPPED: { what: 'stopped by a signal', remedy: 'run it again', exit: EXIT.stopped },
  CLI_INTERNAL: {
    what: 'a mistake in this program',
    remedy: 'run it again with CAPF_DEBUG=1 and report what it prints',
    exit: EXIT.failed,
  },
} as const satisfies Record<string, { what: string; remedy: string; exit: ExitCode }>

export type CliErrorCode = keyof typeof CLI_ERRORS

/** Why the command line gave up. `where` names the file, flag or device; `detail` and `remedy` replace the words of the table. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: CliErrorCode

  constructor(code: CliErrorCode, place: { where?: string; detail?: string; remedy?: string; cause?: unknown } = {}) {
    const { what, remedy } = CLI_ERRORS[code]
    const words = { where: place.where, what: place.detail ?? what, remedy: place.remedy ?? remedy }
    super(errorMessage(code, words), { cause: place.cause })
    this.code = code
  }
}

/** Several mistakes in the words of who made them: one line each. */
export class MistakesError extends Error {
  override readonly name = 'MistakesError'
  readonly lines: readonly string[]
  readonly exit: ExitCode

  constructor(lines: readonly string[], exit: ExitCode = EXIT.usage) {
    super(lines.join('\n'))
    this.lines = lines
    this.exit = exit
  }
}
