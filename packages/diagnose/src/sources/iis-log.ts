import { IIS_FIELDS, IIS_STATUSES } from '@capfkit/est/adcs'
import type { LineReader, SourceKind, Witness } from './source-kind.ts'

/** Where a file does not say its columns: those of IIS 7 and later. */
const DEFAULT_FIELDS = Object.keys(IIS_FIELDS)

const ROW = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /
const MAX_FIELDS = 64

const LOGIN = '/certsrv'
/** How the registration authority calls itself, taken for granted where the column is not logged. */
const AGENT = 'CiscoRA'
const FIRST_SUCCESS = '301'

/** How IIS refuses a login, by the Windows status in its log; the first message of NTLM is none of them. */
const REFUSED_LOGINS: Readonly<Record<string, string>> = Object.fromEntries(
  (['logonDenied', 'invalidToken', 'badBindings'] as const).map(name => [String(IIS_STATUSES[name].win32), name]),
)

const open = (witness: Witness): LineReader => {
  let fields = DEFAULT_FIELDS
  return {
    line(text, line) {
      if (text.startsWith('#Fields:')) fields = text.slice('#Fields:'.length).trim().split(/\s+/, MAX_FIELDS)
      if (!ROW.test(text)) return
      const cells = text.split(' ', MAX_FIELDS)
      const cell = (name: string) => cells[fields.indexOf(name)] ?? ''
      const at = Date.parse(`${cell('date')}T${cell('time')}Z`)
      if (Number.isNaN(at)) {
        witness.leftOuts.note('lines without a date', line)
        return
      }
      const path = cell('cs-uri-stem').toLowerCase()
      const status = cell('sc-status')
      // Browsers that somebody logs in with are none of CAPF's business.
      const isOther = !(cell('cs(User-Agent)') || AGENT).includes(AGENT)
      const refused = status === '401' && !isOther ? REFUSED_LOGINS[cell('sc-win32-status')] : undefined
      if (path === LOGIN && (status === FIRST_SUCCESS || refused !== undefined)) witness.anchor({ key: 'request', at })
      if (path === LOGIN && status === FIRST_SUCCESS) witness.reached('loggedIn', line)
      const values = { path, status, user: cell('cs-username'), client: cell('c-ip') }
      if (refused !== undefined) witness.sight({ clue: 'iis.refusedLogin', line, text, at, values: { ...values, refused } })
      if (status === '404' && cell('cs-uri-query').includes('GetNextCACert'))
        witness.sight({ clue: 'pki.nextCaMissing', line, text, at, values })
    },
  }
}

export const iisLog: SourceKind = {
  kind: 'iis-log',
  doc: 'log of the web server of the CA (u_ex*.log), times in UTC',
  dating: 'full',
  isWholeSeconds: true,
  recognises: line => ROW.test(line) || line.startsWith('#Fields:') || line.startsWith('#Software: Microsoft'),
  between: / (?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d )/,
  open,
}
