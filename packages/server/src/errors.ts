import { CodedError, causeWords } from '@capfkit/codec/errors'

/** Every failure of the server that is not a phone's: code, sentence, what to do. Codes are stable; docs/errors.md is made from here. */
export const SERVER_ERRORS = {
  SERVER_CERTIFICATE_UNWRITABLE: {
    what: 'the new CAPF certificate cannot be written',
    remedy: 'check the folder and the right to write to it, or name a file with --certificate',
  },
  SERVER_CERTIFICATE_INVALID: {
    what: 'the certificate and key cannot serve as a CAPF certificate',
    remedy: 'give a certificate with its own key; it must be allowed to sign when it is also the issuer',
  },
  SERVER_ISSUER_UNAVAILABLE: { what: 'there is no Online CA to ask', remedy: 'say with --ra where its registration authority is' },
  CA_CERTIFICATE_INVALID: { what: 'this is no certificate of a CA', remedy: 'see what the RA gives as its CA certificates' },
  CA_NAME_RESERVED: {
    what: 'the common name of an Online CA must not contain CAPF-',
    remedy: 'use a CA with another name: phones would take its LSCs for those of a CAPF service',
  },
  SERVER_WORKER_FAILED: { what: 'a worker process ended unexpectedly', remedy: 'look at the log lines before this one' },
  STORE_OPEN_FAILED: { what: 'the device store cannot be opened', remedy: 'check --store and the right to write to its folder' },
  STORE_NOT_A_STORE: {
    what: 'this is not a device store',
    remedy: 'name another file or database, or import a file with capf device import',
  },
  STORE_NEWER_SCHEMA: { what: 'the device store was written by a newer version', remedy: 'use that version, or another store' },
  STORE_LOCKED: { what: 'another process holds the device store locked', remedy: 'end the long transaction of the other process' },
  STORE_TIMEOUT: {
    what: 'the database broke off a statement that was not done in time, or that somebody cancelled',
    remedy: 'see what keeps it busy (pg_stat_activity, its disk); what it was for is not done, devices stay pending',
  },
  STORE_FULL: { what: 'the disk of the device store is full', remedy: 'make room; pending devices stay pending' },
  STORE_READ_ONLY: {
    what: 'the device store may not be written',
    remedy: 'give this user the right to write the file and its folder; of databases, name the one that is not a standby',
  },
  STORE_AWAY: {
    what: 'the database of the device store cannot be reached',
    remedy: 'see that it runs and that the network lets you through; nothing is lost meanwhile, devices stay pending',
  },
  STORE_LOGIN_REFUSED: {
    what: 'the database of the device store refuses the login',
    remedy: 'check user and password in --store, or PGUSER and PGPASSWORD',
  },
  STORE_NO_DATABASE: {
    what: 'the database of the device store is not there',
    remedy: 'make it (createdb), or name another one in --store',
  },
  STORE_NOT_ALLOWED: {
    what: 'the user of the database has too few rights for the device store',
    remedy:
      'make this user the owner of the database, or grant it SELECT, INSERT, UPDATE, DELETE on the tables; who makes them needs CREATE on the schema, and CREATE on the database for those of a fleet',
  },
  STORE_FAILED: { what: 'the device store answered with an error', remedy: 'look at the cause' },
  DEVICE_EXISTS: { what: 'a device of this name is already there', remedy: 'use capf device set' },
  DEVICE_BAD_NAME: { what: 'this is not a device name', remedy: 'use letters, digits, dot, dash, underscore, at most 128' },
} as const

export type ServerErrorCode = keyof typeof SERVER_ERRORS

/** What passes by itself: the store is there, but not at this moment. */
const PASSING: ReadonlySet<ServerErrorCode> = new Set<ServerErrorCode>([
  'STORE_AWAY',
  'STORE_LOCKED',
  'STORE_TIMEOUT',
  'STORE_FULL',
])

/** The same may be done again later. */
export const isAway = (error: unknown): boolean => error instanceof ServerError && PASSING.has(error.code)

/** A failure of the server or its store; `where` names the file, address or device. */
export class ServerError extends CodedError<ServerErrorCode> {
  override readonly name = 'ServerError'

  constructor(code: ServerErrorCode, where: string, options?: ErrorOptions) {
    super(code, { where, ...SERVER_ERRORS[code], detail: causeWords(options) }, options)
  }
}
