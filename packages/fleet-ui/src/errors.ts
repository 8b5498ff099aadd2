import { CodedError, causeWords } from '@capfkit/codec/errors'

/** What the page's server answers instead of what was asked: code, sentence, what to do, HTTP status. Codes are stable. */
export const UI_ERRORS = {
  UI_NOT_FOUND: { status: 404, what: 'there is nothing under this path', remedy: 'see docs/live.md for the paths that there are' },
  UI_WRONG_METHOD: { status: 405, what: 'this path does not know the method', remedy: 'use the one of the Allow header' },
  UI_FOREIGN_HOST: {
    status: 421,
    what: 'the Host header names neither an IP address nor this machine: another site may have pointed its name here',
    remedy: 'open the page by the address that --ui printed',
  },
  UI_FOREIGN_ORIGIN: {
    status: 403,
    what: 'the request comes from a page of another site',
    remedy: 'use the buttons of this page, or a program that sends no Origin',
  },
  UI_TOKEN_MISSING: {
    status: 401,
    what: 'the run can be controlled with the token only',
    remedy: 'open the URL with its token that --ui printed, or send Authorization: Bearer TOKEN',
  },
  UI_TOKEN_WRONG: { status: 403, what: 'this is not the token of this run', remedy: 'open the URL that --ui printed for this run' },
  UI_BAD_REQUEST: {
    status: 400,
    what: 'the request cannot be understood',
    remedy: 'send what docs/live.md says for this path',
  },
  UI_TOO_LARGE: { status: 413, what: 'the request is larger than any request here has to be', remedy: 'send less' },
  UI_BUSY: { status: 503, what: 'too many ask for this at once', remedy: 'close other windows with this page, or ask again later' },
  UI_NOT_YET: { status: 503, what: 'nothing has happened yet', remedy: 'ask again in a second' },
  UI_FAILED: { status: 500, what: 'the answer could not be made', remedy: 'look at the detail' },
  UI_NOT_BUILT: {
    status: 500,
    what: 'the page cannot be built from its sources',
    remedy: 'install the dependencies of the checkout again: npx -y pnpm@10 install',
  },
} as const

export type UiErrorCode = keyof typeof UI_ERRORS

/** A request that is refused, or a page that is not there; `where` says which. */
export class UiError extends CodedError<UiErrorCode> {
  override readonly name = 'UiError'

  constructor(code: UiErrorCode, where: string, options?: ErrorOptions) {
    super(code, { where, ...UI_ERRORS[code], detail: causeWords(options) }, options)
  }
}
