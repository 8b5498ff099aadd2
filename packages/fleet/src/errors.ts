import { CodedError, causeWords } from '@capfkit/codec/errors'

/** What stops a run before or while it runs; failures of phones are counted, not thrown. */
export const FLEET_ERRORS = {
  FLEET_NO_SERVER: {
    what: 'there is no server to load',
    remedy: 'give --server HOST:PORT with --capf-certificate FILE, or --embedded',
  },
  FLEET_NO_CERTIFICATE: {
    what: 'the phones do not know which CAPF certificate to trust',
    remedy: 'give --capf-certificate FILE: the PEM file of the server, without its key if you like',
  },
  FLEET_BAD_FILE: {
    what: 'the file cannot be used',
    remedy: 'give a PEM file with what is needed (certificate, key), and for --out a folder that can be written',
  },
  FLEET_KEY_POOL: {
    what: 'no phone of this run needs keys of the kind that the key pool holds',
    remedy: 'make another pool with capf keys generate, or order its kind of key with --key',
  },
  FLEET_RECORDING: {
    what: 'the run cannot be recorded',
    remedy: 'make room on the disk and see that the folder can be written; what was recorded until then can be read',
  },
  FLEET_FILE: {
    what: 'the file of the fleet cannot be used',
    remedy: 'name a file that capf fleet run --fleet has made or can make, on a disk with room',
  },
  FLEET_RUN_GOING: {
    what: 'another process has this run',
    remedy: 'wait until that has ended, or name another folder or store; what is left then goes on with capf fleet resume',
  },
  FLEET_FOLDER_TAKEN: {
    what: 'there are files of an earlier run in this folder',
    remedy: 'name another folder, or have them replaced with --replace',
  },
  FLEET_FOLDER_INTERRUPTED: {
    what: 'a run was interrupted in this folder',
    remedy: 'go on with it with capf fleet resume and this folder, name another folder, or have its files replaced with --replace',
  },
  FLEET_STOPPED_AWAY: {
    what: 'the run was stopped while its store was away, and cannot tell its workers',
    remedy: 'workers go on with what they have until they hear of it; have it ended with capf fleet resume when the store is back',
  },
  FLEET_TURN_FAILED: {
    what: 'a phone could not begin its turn',
    remedy: 'see the detail; if it says nothing that you can mend, report it',
  },
  FLEET_OTHER_VERSION: {
    what: 'coordinator and worker of a run must be of the same version',
    remedy: 'install the same version on every machine of the run',
  },
  FLEET_NO_RUN: {
    what: 'there is no such run in this store',
    remedy: 'name the run that capf fleet run --workers has shown, and the store that it was given',
  },
  FLEET_NO_PLAN: {
    what: 'the plan of the run cannot be read',
    remedy: 'name the folder that capf fleet run --out has written; a run of an earlier version cannot be resumed or replayed',
  },
  FLEET_NO_PASSWORD: {
    what: 'the password of the database is not kept with a run, and the database wants one',
    remedy: 'set PGPASSWORD, or name the database with its password in --store or CAPF_STORE',
  },
  FLEET_NO_PHONE: {
    what: 'there is no such phone in this run',
    remedy: 'name a phone that capf fleet report --csv lists',
  },
  FLEET_NOTHING_LEFT: {
    what: 'every operation of this run has ended',
    remedy: 'capf fleet report says what came of it; start another run with capf fleet run',
  },
  FLEET_SOURCE_ADDRESS: {
    what: 'phones cannot connect from this source address',
    remedy: 'name addresses of this machine (ip address); on Linux all of 127.0.0.0/8 are its own',
  },
  FLEET_NO_DESCRIPTORS: {
    what: 'the generator ran out of file descriptors before it could begin',
    remedy: 'raise ulimit -n in this shell; capf doctor says how many a run needs',
  },
  FLEET_CLIENT_FAILED: { what: 'a client process failed', remedy: 'look at the cause; the run says nothing about the server' },
} as const

export type FleetErrorCode = keyof typeof FLEET_ERRORS

export class FleetError extends CodedError<FleetErrorCode> {
  override readonly name = 'FleetError'

  constructor(code: FleetErrorCode, where: string, options?: ErrorOptions) {
    super(code, { where, ...FLEET_ERRORS[code], detail: causeWords(options) }, options)
  }
}
