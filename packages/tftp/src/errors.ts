import { CodedError, causeWords } from '@capfkit/codec/errors'

/** Every failure of the file server that is not a phone's: code, sentence, what to do. Codes are stable; docs/errors.md is made from here. */
export const FILES_ERRORS = {
  FILES_FOLDER_MISSING: { what: 'this is no folder that can be read', remedy: 'check --folder and the right to read it' },
  FILES_NO_CERTIFICATE: { what: 'HTTPS needs a certificate', remedy: 'give --https-certificate, or leave --https out' },
  FILES_UNREADABLE: { what: 'the file is there and cannot be read', remedy: 'give this user the right to read it' },
  FILES_PRIVATE: {
    what: 'the file is not for everybody to read, as keys are; a file server would hand it to whoever asks',
    remedy: 'if it is meant for phones, chmod o+r; else keep it somewhere else',
  },
  FILES_TOO_LARGE: { what: 'the file is larger than this server serves', remedy: 'raise --max-file-bytes' },
} as const

export type FilesErrorCode = keyof typeof FILES_ERRORS

/** A failure of the file server or its files; `where` names the file or folder. */
export class FilesError extends CodedError<FilesErrorCode> {
  override readonly name = 'FilesError'

  constructor(code: FilesErrorCode, where: string, options?: ErrorOptions) {
    super(code, { where, ...FILES_ERRORS[code], detail: causeWords(options) }, options)
  }
}
