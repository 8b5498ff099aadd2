/** One finished request as IIS sees it. */
export type IisRequest = {
  readonly at: Date
  readonly serverAddress: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly port: number
  readonly userName: string
  readonly clientAddress: string
  readonly userAgent: string
  readonly referer: string
  readonly status: number
  readonly substatus: number
  readonly win32: number
  readonly timeTakenMs: number
}

/** White space would be another column, and so is a plus sign; nothing is a dash. */
const field = (text: string) => text.replace(/[\p{Cc}\s]/gu, '+') || '-'

/** The columns of IIS 7 and later, in their order, all in UTC [ADCS-7.1]. */
export const IIS_FIELDS = {
  date: ({ at }) => at.toISOString().slice(0, 10),
  time: ({ at }) => at.toISOString().slice(11, 19),
  's-ip': ({ serverAddress }) => field(serverAddress),
  'cs-method': ({ method }) => field(method),
  'cs-uri-stem': ({ path }) => field(path),
  'cs-uri-query': ({ query }) => field(query),
  's-port': ({ port }) => String(port),
  'cs-username': ({ userName }) => field(userName),
  'c-ip': ({ clientAddress }) => field(clientAddress),
  'cs(User-Agent)': ({ userAgent }) => field(userAgent),
  'cs(Referer)': ({ referer }) => field(referer),
  'sc-status': ({ status }) => String(status),
  'sc-substatus': ({ substatus }) => String(substatus),
  'sc-win32-status': ({ win32 }) => String(win32),
  'time-taken': ({ timeTakenMs }) => String(timeTakenMs),
} as const satisfies Record<string, (request: IisRequest) => string>

/** Lines at the head of a file. The remark is ours. */
export const iisLogHeader = (at: Date): readonly string[] => [
  '#Software: Microsoft Internet Information Services 10.0',
  '#Remark: written by the AD CS simulator of capfkit',
  '#Version: 1.0',
  `#Date: ${at.toISOString().slice(0, 19).replace('T', ' ')}`,
  `#Fields: ${Object.keys(IIS_FIELDS).join(' ')}`,
]

export const iisLogLine = (request: IisRequest): string =>
  Object.values(IIS_FIELDS)
    .map(write => write(request))
    .join(' ')

/** How IIS names the file of a day. */
export const iisLogFile = (at: Date): string => `u_ex${at.toISOString().slice(2, 10).replaceAll('-', '')}.log`
