import { CodedError } from '../errors/index.ts'

/** Every way in which a phone's configuration file can be wrong. Codes are stable; the sentences may improve. */
export const CONFIG_FILE_ERRORS = {
  CNF_TOO_LARGE: { what: 'the file is larger than a configuration may be', remedy: 'name another file' },
  CNF_NOT_TEXT: { what: 'the file is not UTF-8', remedy: 'save it as UTF-8; a signed or encrypted file has to be opened first' },
  CNF_NOT_XML: { what: 'the file is not well-formed XML', remedy: 'correct it where the sentence says' },
  CNF_DOCTYPE: { what: 'the file has a DOCTYPE, and entities are never expanded', remedy: 'take it out' },
  CNF_WRONG_ROOT: {
    what: 'the root element is not that of a phone configuration',
    remedy: 'name a SEP….cnf.xml or XMLDefault.cnf.xml',
  },
  CNF_BAD_VALUE: { what: 'the element cannot hold this value', remedy: 'see docs/protocol/files.md for what it may hold' },
  CNF_MISSING: { what: 'a required element is missing or empty', remedy: 'put it in' },
  CNF_DUPLICATE: { what: 'the element stands twice', remedy: 'leave one' },
  CNF_TOO_MANY: { what: 'the list has more members than a phone reads', remedy: 'shorten it' },
} as const

export type ConfigErrorCode = keyof typeof CONFIG_FILE_ERRORS

/** A configuration that cannot be read or written. `where` is the path of the element, e.g. `device/capfList/capf[2]/phonePort`. */
export class ConfigError extends CodedError<ConfigErrorCode> {
  override readonly name = 'ConfigError'

  constructor(code: ConfigErrorCode, where: string, { detail, cause }: { detail?: string; cause?: unknown } = {}) {
    const { what, remedy } = CONFIG_FILE_ERRORS[code]
    super(code, { where, what: detail === undefined ? what : `${what} (${detail})`, remedy }, { cause })
  }
}
