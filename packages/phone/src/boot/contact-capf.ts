import { hash } from 'node:crypto'
import type { PhoneConfig } from '@capfkit/codec/config'
import { ROLES } from '@capfkit/codec/tlv'
import { decide } from '../decision-table.ts'
import type { AuthMode, Credential } from '../device.ts'
import type { Target, TrustCheck } from '../environment.ts'
import { phoneError } from '../errors.ts'
import type { SessionResult } from '../result.ts'
import type { ConsoleCode } from '../screen/console-lines.ts'
import { CAPF_RULES, type CapfFacts } from './capf-rules.ts'
import type { BootContext, StepOutcome } from './context.ts'

/** How the client calls the ways to authenticate on its console; that the null string is 1 is known, the others are *ours*. */
const CONSOLE_MODES: Readonly<Record<AuthMode, { number: number; mode: string }>> = {
  lsc: { number: 0, mode: 'IGNORE' },
  mic: { number: 0, mode: 'IGNORE' },
  null: { number: 1, mode: 'NULL_STR' },
  string: { number: 2, mode: 'STR' },
}

/** The only number of a failed operation that is known, of a name without an address. */
const FAILED = -7

const MD5_DIGITS = 32

/** Of the certificate that the phone has, by the digest that the cluster uses, which the length tells. */
const hashOf = (lsc: Credential | undefined, certHash: string): string =>
  lsc ? hash(certHash.length === MD5_DIGITS ? 'md5' : 'sha1', lsc.certificateDer, 'hex') : ''

const factsOf = (config: PhoneConfig, { phone: { device }, isLocked }: BootContext): CapfFacts => {
  const { capfAuthMode: mode = 'none', fullConfig = true, encrConfig = false, certHash } = config
  const hasString = device.authString !== undefined
  const isKnownLsc = certHash === undefined || certHash === hashOf(device.lsc, certHash)
  return { mode, isFull: fullConfig, isEncrypted: encrConfig, isLocked, hasString, isKnownLsc }
}

/** CAPF servers by their names in the configuration; without any there, by those of the CAPF records [BOOT-6.2]. */
const serversOf = ({ capfList = [] }: PhoneConfig, { lists, options, localAddress }: BootContext): Target[] => {
  const listed = capfList.map(({ processNodeName, phonePort }) => ({ host: processNodeName, port: phonePort }))
  const records = lists.recordsOf(ROLES.CAPF.number)
  const recorded = records.map(({ dnsName, ipAddress }) => ({ host: dnsName?.trim() || ipAddress, port: options.capfPort }))
  const named = listed.some(({ host }) => host !== undefined) ? listed : recorded
  return named.flatMap(({ host, port }) =>
    host === undefined ? [] : [{ host, port, ...(localAddress === undefined ? {} : { localAddress }) }],
  )
}

/** By a CAPF record, full or hash; else by TVS, which has to give the certificate that role [BOOT-6.3]. */
const trustCheckOf =
  ({ lists, tvs, phone }: BootContext): TrustCheck =>
  (certificateDer, signal) => {
    const role = ROLES.CAPF.number
    if (lists.has(certificateDer, role)) return true
    phone.console.write('NO_MATCH')
    if (!tvs.isUsable) return false
    // A copy: the certificate is kept with the answer, and it is a view of what the socket holds.
    return tvs.verify(Buffer.from(certificateDer), signal).then(
      answer => answer.verdict === 'confirmed' && answer.roles.includes(role),
      () => false,
    )
  }

/** What the console says of a failed session, by what the status page says. */
const failureLines = ({ code }: { code: Parameters<typeof phoneError>[0] }): readonly ConsoleCode[] => {
  const shown = phoneError(code).shows ?? []
  if (shown.includes('DNS_UNKNOWN')) return ['CAPF_BIO_INVALID', 'CAPF_BIO_FAILED', 'CAPF_OP_FAILED', 'CAPF_LOST']
  if (shown.includes('LSC_CONNECTION_FAILED')) return ['CAPF_BIO_FAILED', 'CAPF_OP_FAILED', 'CAPF_LOST']
  return ['CAPF_OP_FAILED', 'CAPF_LOST']
}

const writeSession = ({ failure }: SessionResult, { phone }: BootContext): void => {
  for (const code of failure ? failureLines(failure) : []) phone.console.write(code, { result: FAILED })
}

/** Contact CAPF if the configuration asks for it [BOOT-6]. */
export const contactCapf = async (context: BootContext): Promise<StepOutcome> => {
  const { config, phone, lists, record, signal, flash } = context
  if (!config) return { event: 'skipped' }
  const decision = decide(CAPF_RULES, factsOf(config, context))
  if (decision.do === 'nothing') return { event: 'skipped' }
  if (decision.do === 'wait') return { event: 'failed', trouble: { code: 'BOOT_NO_STRING', detail: 'capfAuthMode 1' } }
  const { reason, authMode } = decision
  context.capfReason = reason
  phone.console.write('CAPF_DECIDED', { reason })
  const servers = serversOf(config, context)
  // Without a record nothing says that there is a CAPF, whatever TVS might confirm.
  const hasRecord = lists.recordsOf(ROLES.CAPF.number).length > 0
  if (servers.length === 0 || !hasRecord) {
    phone.page.show('NO_CAPF_SERVER')
    const detail = hasRecord ? 'there is no address of a CAPF server' : 'no trust list has a CAPF record'
    return { event: 'failed', trouble: { code: 'PHONE_NO_TRUSTED_SERVER', detail } }
  }
  for (const code of ['CAPF_START', 'CAPF_INIT', 'CAPF_DELAY'] as const)
    phone.console.write(code, { ...CONSOLE_MODES[authMode], seconds: 0 })
  phone.configure({ authMode, trusted: trustCheckOf(context) })
  const onSession = (result: SessionResult) => writeSession(result, context)
  const result = await record.during('capf', phone.contactCapf({ servers, onSession, ...(signal ? { signal } : {}) }))
  context.capf = result
  if (result.lsc !== 'unchanged') await flash.saveLsc(phone.device.lsc)
  const { failure } = result
  if (failure) return { event: 'failed', trouble: { code: failure.code, detail: failure.detail } }
  return { event: result.lsc === 'unchanged' ? 'ok' : 'lscChanged' }
}
