import { AdcsError, type AdcsErrorCode } from '../errors.ts'
import { PAGES } from '../paths.ts'
import type { CertsrvAnswer } from './connection.ts'

/** What a status that is not a page means. */
const BY_STATUS: Readonly<Record<number, AdcsErrorCode>> = {
  401: 'ADCS_LOGIN_LOST',
  403: 'ADCS_FORBIDDEN',
  404: 'ADCS_NO_CERTSRV',
}

const isRedirect = (status: number) => status >= 300 && status < 400

const refuse = ({ status, url, headers }: CertsrvAnswer, code: AdcsErrorCode): never => {
  const to = isRedirect(status) && headers.location ? ` to ${headers.location}` : ''
  throw new AdcsError(code, url, { detail: `HTTP ${status}${to}` })
}

/** A page, or an error. */
export const mustBe = (answer: CertsrvAnswer): CertsrvAnswer => {
  if (answer.status === 200) return answer
  return refuse(answer, isRedirect(answer.status) ? 'ADCS_REDIRECTED' : (BY_STATUS[answer.status] ?? 'ADCS_HTTP_STATUS'))
}

/** `/certsrv/` of any spelling of this server: IIS writes the name that it was asked for, and other hosts are not followed. */
const leadsToCertsrv = ({ url, headers }: CertsrvAnswer): boolean => {
  const { location = '' } = headers
  if (!URL.canParse(location, url)) return false
  const [here, there] = [new URL(url), new URL(location, url)]
  return there.hostname === here.hostname && there.pathname.toLowerCase() === PAGES.welcome
}

/** The answer to GET /certsrv of somebody who is logged in: a redirect to the folder, or the page. */
export const mustBeLoggedIn = (answer: CertsrvAnswer): CertsrvAnswer => {
  if (answer.status === 401) return refuse(answer, 'ADCS_LOGIN_REJECTED')
  if (isRedirect(answer.status) && leadsToCertsrv(answer)) return answer
  return mustBe(answer)
}
