import { CodedError } from '../errors/index.ts'

/** Every way in which a run file can be unreadable. Codes are stable; the sentences may improve. */
export const RUN_ERRORS = {
  RUN_NOT_A_RUN: { what: 'this is not a run file', remedy: 'name a folder that capf fleet run --out has written' },
  RUN_VERSION: { what: 'the run was recorded by a newer version', remedy: 'read it with that version of capf' },
  RUN_ENTRY_TOO_LONG: { what: 'an entry is longer than any can be', remedy: 'the file is damaged: restore it from a copy' },
  RUN_BAD_ENTRY: { what: 'an entry cannot be read', remedy: 'the file is damaged: restore it from a copy' },
  RUN_TOO_LARGE: {
    what: 'the run has more operations than this reads',
    remedy: 'record fewer phones, or fewer rounds, in one run',
  },
  RUN_INCOMPLETE: {
    what: 'the folder has no complete set of files of one run',
    remedy: 'name a folder that capf fleet run --out has written, with all of its .capfrun files',
  },
} as const

export type RunErrorCode = keyof typeof RUN_ERRORS

/** A run that cannot be read. `where` names the file, `offset` the byte at which the entry begins. */
export class RunError extends CodedError<RunErrorCode> {
  override readonly name = 'RunError'
  readonly offset: number | undefined

  constructor(code: RunErrorCode, place: { where: string; offset?: number; detail?: string; cause?: unknown }) {
    const { what, remedy } = RUN_ERRORS[code]
    const at = place.offset === undefined ? '' : ` (byte ${place.offset})`
    const detail = place.detail === undefined ? '' : `: ${place.detail}`
    super(code, { where: place.where, what: `${what}${at}${detail}`, remedy }, { cause: place.cause })
    this.offset = place.offset
  }
}
