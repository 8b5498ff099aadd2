import { ConfigError, type PhoneConfig } from '@capfkit/codec/config'
import { DIGESTS, looksSigned, type ParsedSignedFile, parseSignedFile, TlvError } from '@capfkit/codec/tlv'
import { checkSignature, decryptFile, PkiError } from '@capfkit/pki'
import { decide } from '../decision-table.ts'
import type { Transport } from '../files/fetcher.ts'
import { CONFIG_RULES, type ConfigDecision, type ConfigFacts } from '../trust/config-rules.ts'
import type { TvsFact } from '../trust/list-rules.ts'
import { FILE_ROLES } from '../trust/trusted-list.ts'
import type { BootContext, StepOutcome } from './context.ts'
import { BootError } from './errors.ts'
import { fetchFile, isOutcome, nameOf } from './fetch-file.ts'
import { BOOT_FILES, type BootFile } from './steps.ts'

/** A file that came, and its header where it has one. */
type Offered = {
  readonly name: string
  readonly bytes: Buffer
  readonly transport: Transport
  readonly form: ConfigFacts['form']
  readonly signed: ParsedSignedFile | undefined
}

const read = (what: { name: string; bytes: Buffer; transport: Transport }): Offered => {
  if (!looksSigned(what.bytes)) return { ...what, form: 'plain', signed: undefined }
  try {
    return { ...what, form: 'signed', signed: parseSignedFile(what.bytes) }
  } catch (error) {
    if (!(error instanceof TlvError)) throw error
    return { ...what, form: 'malformed', signed: undefined }
  }
}

const factsOf = ({ name, bytes, transport, form, signed }: Offered, { lists, tvs, phone }: BootContext): ConfigFacts => {
  const { fileSigners } = lists
  const digest: string | undefined = signed && DIGESTS[signed.header.signatureInfo.digest as keyof typeof DIGESTS]
  return {
    form,
    hasSigners: fileSigners.length > 0,
    isSecure: transport === 'HTTPS',
    isNamed: signed?.header.fileName === undefined || signed.header.fileName === name,
    knowsDigest: phone.device.model.digests.some(known => known === digest),
    get known() {
      return signed ? checkSignature(bytes, signed.header, fileSigners).verdict : 'unknown-signer'
    },
    tvs: tvs.isUsable ? 'unasked' : 'none',
  }
}

/** TVS is asked for the certificate that the header names; then the signature has to be by that, and it has to be a file server's. */
const askTvs = async ({ bytes, signed }: Offered, { tvs, signal }: BootContext): Promise<TvsFact> => {
  if (!signed) return 'denied'
  const found = await tvs.findSigner(signed.header, signal)
  if ('verdict' in found) return found.verdict
  const { signer, roles } = found
  const isFileServer = roles.some(role => FILE_ROLES.includes(role))
  return isFileServer && checkSignature(bytes, signed.header, [signer]).verdict === 'valid' ? 'confirmed' : 'denied'
}

const decideConfig = async (offered: Offered, context: BootContext): Promise<ConfigDecision> => {
  const facts = factsOf(offered, context)
  const decision = decide(CONFIG_RULES, facts)
  if (decision.do !== 'askTvs') return decision
  context.phone.console.write('NO_MATCH')
  return decide(CONFIG_RULES, { ...facts, tvs: await askTvs(offered, context) })
}

/** The XML in the file, decrypted by LSC or MIC where that is needed; `undefined`: by neither. @throws a PkiError or TlvError */
const contentOf = ({ bytes, signed }: Offered, { device }: BootContext['phone']): Buffer | undefined => {
  if (!signed?.header.encryption) return signed?.content ?? bytes
  for (const credential of [device.lsc, device.mic]) {
    if (credential?.privateKey.asymmetricKeyType !== 'rsa') continue
    try {
      return decryptFile(bytes, credential.privateKey)
    } catch (error) {
      if (!(error instanceof PkiError)) throw error
    }
  }
  return undefined
}

/** Go by a configuration from now on [BOOT-3.3]. */
const use = (config: PhoneConfig, context: BootContext): void => {
  context.config = config
  context.tvs.members = (config.tvs ?? []).map(({ priority, port, address }) => ({ priority, port, host: address }))
}

/** Ask for a configuration file and take it or refuse [BOOT-3]. */
export const takeConfig = async ({ file }: { file: BootFile }, context: BootContext): Promise<StepOutcome> => {
  const { phone, shared } = context
  const name = nameOf(file, context)
  const fetched = await fetchFile({ name, maxBytes: BOOT_FILES[file].maxBytes }, context)
  if (isOutcome(fetched)) return fetched
  const offered = read({ name, ...fetched })
  const known = { file: name, transport: fetched.transport, bytes: fetched.bytes.length }
  const decision = await decideConfig(offered, context)
  try {
    if (decision.do === 'refuse') throw new BootError(decision.code, { where: name })
    const content = contentOf(offered, phone)
    context.isLocked = content === undefined
    if (!content) return { event: 'locked', ...known, trouble: { code: 'BOOT_NOT_DECRYPTED', detail: name } }
    const config = shared.configs.get(content)
    use(config, context)
    phone.page.show('CONFIG_LOADED', { file: name, transport: fetched.transport })
    phone.page.show('VPN_NOT_CONFIGURED')
    const isMore = config.encrConfig === true && file === 'config'
    return { event: isMore ? 'encrypted' : 'ok', ...known }
  } catch (error) {
    const trouble = refusalOf(error, name)
    phone.console.write('CONFIG_REFUSED', { code: trouble.code })
    return { event: 'failed', ...known, trouble }
  }
}

const refusalOf = (error: unknown, name: string): NonNullable<StepOutcome['trouble']> => {
  if (error instanceof BootError) return { code: error.code, detail: name }
  if (error instanceof ConfigError) return { code: 'BOOT_BAD_CONFIG', detail: error.message }
  throw error
}
