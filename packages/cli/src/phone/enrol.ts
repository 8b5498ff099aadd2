import { join } from 'node:path'
import { parseAddress } from '@capfkit/listen'
import { type AuthMode, type ContactResult, type Credential, type DisturbanceOrder, PHONE_OPTIONS, Phone } from '@capfkit/phone'
import { formatName, parseCertificate } from '@capfkit/pki'
import { certificatesIn } from '../certificate-files.ts'
import { command } from '../command.ts'
import { checkNames } from '../device/names.ts'
import type { ExitCode } from '../exit-codes.ts'
import { Interruption } from '../interruption.ts'
import { type Io, note, painter, print } from '../io.ts'
import { ownOptions } from '../own-options.ts'
import { required } from '../required.ts'
import {
  keepPendingKey,
  prepareFolder,
  readCredential,
  readCredentialIfThere,
  readPendingKey,
  removeCredential,
  writeCredential,
} from './credential-file.ts'
import { keyMaker } from './make-key.ts'
import { misbehaviourOf, networkOf } from './misbehaviour.ts'
import { ENROL_OPTIONS, type EnrolOptions } from './options.ts'
import { disturbedLine, exitOf, failureLine, isTriedAgain, phaseLines } from './screen.ts'

const REQUIRED = { server: '--server HOST:PORT', capfCertificate: '--capf-certificate FILE', out: '--out DIR' } as const

const authModeOf = ({ auth, authString }: EnrolOptions, has: { lsc: unknown; mic: unknown }): AuthMode => {
  if (auth !== 'given') return auth
  if (authString !== undefined) return 'string'
  return has.lsc ? 'lsc' : has.mic ? 'mic' : 'null'
}

/** The file follows the phone. @returns a sentence about it. */
const keep = async (
  file: string,
  { lsc, result, keyFile }: { lsc: Credential | undefined; result: ContactResult; keyFile: string | undefined },
): Promise<string> => {
  if (result.lsc === 'deleted') {
    await removeCredential(file)
    return `deleted the LSC: ${file} is gone`
  }
  if (result.lsc !== 'installed' || !lsc) {
    if (result.operation === 'fetch') return 'showed its certificate'
    // The session is the same for both.
    return keyFile === undefined ? 'nothing was ordered' : `nothing was ordered, or the certificate for ${keyFile} is not there yet`
  }
  await writeCredential(file, lsc)
  const { subject, issuer, notAfter } = parseCertificate(lsc.certificateDer)
  return `installed the LSC: ${file} (${formatName(subject)}, issued by ${formatName(issuer)}, until ${notAfter.toISOString().slice(0, 10)})`
}

type Report = {
  io: Io
  phone: Phone
  result: ContactResult
  kept: string
  address: string
  disturbance: DisturbanceOrder | undefined
}

/** Tenths of a millisecond are as much as the clock is good for. */
const rounded = (phasesMs: ContactResult['phasesMs']) =>
  Object.fromEntries(Object.entries(phasesMs).map(([phase, ms]) => [phase, tenths(ms)]))
const tenths = (ms: number) => Math.round(ms * 10) / 10

/** The result as data. */
const dataOf = ({ phone, result, address }: Pick<Report, 'phone' | 'result' | 'address'>, file: string) => {
  const { phasesMs, totalMs, messages, ...rest } = result
  return {
    version: 1,
    device: phone.deviceName,
    server: address,
    ...rest,
    ...(result.lsc === 'installed' ? { file } : {}),
    phasesMs: rounded(phasesMs),
    totalMs: tenths(totalMs),
    messages: messages.map(({ from, name, atMs }) => ({ from, name, atMs: tenths(atMs) })),
    statusMessages: phone.statusMessages.map(({ text }) => text),
  }
}

const show = ({ io, phone, result, kept, address, disturbance }: Report): void => {
  const paint = painter(io.stdout, io)
  print(io, `${paint('bold', phone.deviceName)} with ${address}`)
  for (const line of phaseLines(result)) print(io, line)
  for (const { text } of phone.statusMessages) print(io, `  the phone shows: ${text}`)
  const { failure } = result
  const disturbed = disturbedLine(result)
  if (disturbed !== undefined) print(io, disturbed)
  else if (disturbance && !result.disturbed && result.messages.length > 0)
    print(io, `${disturbance.fault.name} did not come about: the session had no such step`)
  if (result.lsc !== 'unchanged' || !failure) print(io, `${paint('green', 'done')}: ${kept}`)
  if (failure && disturbed === undefined)
    note(io, `${painter(io.stderr, io)('red', 'capf:')} ${phone.deviceName}: ${failureLine(failure)}`)
}

export const enrol = command({
  name: 'enrol',
  doc: 'Have one phone contact a CAPF server and do what the server has ordered',
  details:
    'Installs, upgrades, deletes or shows its LSC. Like a real phone it tries again when the server cannot be reached: see --retries. A key whose certificate comes later, from an Online or Offline CA, is kept as NAME.key.',
  examples: [
    [
      'phone enrol SEP001122334455 --server 127.0.0.1:3804 --capf-certificate capf.pem --out lscs',
      'Get an LSC by null string and keep it as lscs/SEP001122334455.pem',
    ],
    [
      'phone enrol SEP001122334455 --server 127.0.0.1:3804 --capf-certificate capf.pem --out lscs --fault reset:at=KEY_GENERATE_RESPONSE',
      'Break the connection where the key should come, and see what the server makes of it',
    ],
  ],
  words: { name: { doc: 'Name of the device.' } },
  options: ENROL_OPTIONS,
  async run({ options, words, io }): Promise<ExitCode> {
    const { server, capfCertificate, out } = required(options, REQUIRED)
    const [deviceName = ''] = checkNames([words.name])
    const file = join(out, `${deviceName}.pem`)
    const lsc = options.lsc === undefined ? await readCredentialIfThere(file) : await readCredential(options.lsc)
    const keyFile = join(out, `${deviceName}.key`)
    const pendingKey = await readPendingKey(keyFile)
    const mic = options.mic === undefined ? undefined : await readCredential(options.mic)
    const trusted = await certificatesIn(capfCertificate)
    const disturbance = await misbehaviourOf(options)
    const network = networkOf(options.network)
    await using keys = await keyMaker(options.keyPool, io)
    const { authString, model, sudi, protocolVersion } = options
    const phone = new Phone({
      deviceName,
      model,
      sudi,
      makeKey: keys.makeKey,
      trusted,
      authMode: authModeOf(options, { lsc, mic }),
      options: ownOptions(PHONE_OPTIONS, options),
      ...(authString === undefined ? {} : { authString }),
      ...(network ? { network } : {}),
      ...(lsc ? { lsc } : {}),
      ...(mic ? { mic } : {}),
      ...(pendingKey ? { pendingKey } : {}),
      ...(protocolVersion === 'model' ? {} : { protocolVersion: protocolVersion === '2' ? 2 : 3 }),
    })
    await prepareFolder(out)
    using interruption = new Interruption(io)
    let sessions = 0
    const result = await phone.contactCapf({
      servers: [parseAddress(server)],
      signal: interruption.signal,
      disturbance,
      onSession: ({ failure }) => {
        sessions++
        if (failure && !disturbance && isTriedAgain(failure) && sessions <= options.retries)
          note(io, `${failureLine(failure)}; trying again in ${options.retryIntervalMs / 1000} s`)
      },
    })
    const kept = await keep(file, { lsc: phone.lsc, result, keyFile: phone.pendingKey && keyFile })
    await keepPendingKey(keyFile, phone.pendingKey)
    if (options.json) print(io, JSON.stringify(dataOf({ phone, result, address: server }, file)))
    else show({ io, phone, result, kept, address: server, disturbance })
    return exitOf(result)
  },
})
