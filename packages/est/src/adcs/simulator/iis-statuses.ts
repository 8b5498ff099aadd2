/** Status, substatus and Windows status of the answers of this simulator, as the log of IIS shows them [ADCS-7.2]. */
export const IIS_STATUSES = {
  ok: { status: 200, substatus: 0, win32: 0 },
  moved: { status: 301, substatus: 0, win32: 0 },
  notFound: { status: 404, substatus: 0, win32: 2 },
  forbidden: { status: 403, substatus: 0, win32: 5 },
  badMethod: { status: 405, substatus: 0, win32: 1 },
  tooLarge: { status: 413, substatus: 0, win32: 0 },
  failed: { status: 500, substatus: 0, win32: 0 },
  /** ERROR_ACCESS_DENIED: a request without credentials. */
  anonymous: { status: 401, substatus: 2, win32: 5 },
  /** SEC_E_NO_CREDENTIALS: the first message of NTLM, nothing wrong. */
  firstMessage: { status: 401, substatus: 1, win32: 2_148_074_254 },
  /** SEC_E_LOGON_DENIED: user or password. */
  logonDenied: { status: 401, substatus: 1, win32: 2_148_074_252 },
  /** SEC_E_INVALID_TOKEN: a message that is malformed, or comes over another connection. */
  invalidToken: { status: 401, substatus: 1, win32: 2_148_074_248 },
  /** SEC_E_BAD_BINDINGS: Extended Protection. */
  badBindings: { status: 401, substatus: 1, win32: 2_148_074_310 },
} as const

export type IisStatusName = keyof typeof IIS_STATUSES

/** ERROR_NETNAME_DELETED: the client was gone before it had the answer. */
export const CLIENT_GONE = 64

/** What stands under the status where IIS shows a page of its own. */
export const STATUS_WORDS: Readonly<Record<number, string>> = {
  401: 'Unauthorized: Access is denied due to invalid credentials.',
  403: 'Forbidden: Access is denied.',
  404: 'File or directory not found.',
  405: 'HTTP verb used to access this page is not allowed.',
  413: 'Request entity too large.',
  500: 'Internal server error.',
}
