import type { NginxLevel } from '@capfkit/codec/trace'
import { parseCertificate } from '@capfkit/pki'
import { slashName } from '../authority/slash-name.ts'
import type { ErrorLog } from './error-log.ts'
import type { EstServerOptions } from './options.ts'

/** What the product says when it starts, in its order [EST-6.4]. The name of the program is ours. */
export const logStart = (log: ErrorLog, { trusted, options }: { trusted: readonly Buffer[]; options: EstServerOptions }): void => {
  const names = trusted.map(der => slashName(parseCertificate(der).subject))
  log.starting('warn', 'CA Chain requested but this value has not yet been set')
  log.starting('warn', 'CA Cert response requested but this value has not yet been set')
  for (const name of names) log.starting('warn', `ossl_init_cert_store: Adding cert to store (${name})`)
  log.startingLibest('version', { program: 'capfkit EST server, in the words of libest 2.2.0 (API level 4)' })
  for (const name of names) log.startingLibest('trusted', { name })
  if (options.proofOfPossession === 'off') log.starting('warn', 'pop_enabled off in nginx.conf. Disabling EST Proof of Possession')
  log.startingLibest('curve')
  log.startingLibest('noSrp')
}

/** Lines about the CA while the server starts: good news go to the error.log alone, the others where they are seen, too. */
export const startNote =
  (log: ErrorLog) =>
  (level: NginxLevel, text: string): void => {
    log.nginx(level, { text })
    if (level !== 'info') log.starting(level, text)
  }
