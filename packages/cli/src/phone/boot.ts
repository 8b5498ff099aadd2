import { isIPv4 } from 'node:net'
import {
  BOOT_OPTIONS,
  type BootResult,
  type BootStep,
  formatStatusMessage,
  memoryFlash,
  openFolderFlash,
  PHONE_OPTIONS,
  Phone,
  type Resolve,
  resolveBySystem,
  type StatusMessage,
} from '@capfkit/phone'
import { command } from '../command.ts'
import { checkNames } from '../device/names.ts'
import { MistakesError } from '../errors.ts'
import type { ExitCode } from '../exit-codes.ts'
import { Interruption } from '../interruption.ts'
import { type Io, note, painter, print } from '../io.ts'
import { ownOptions } from '../own-options.ts'
import { required } from '../required.ts'
import { BOOT_COMMAND_OPTIONS, type BootCommandOptions } from './boot-options.ts'
import { bootData, bootFailureLine, exitOfBoot, stepLine } from './boot-screen.ts'
import { openConsoleFile } from './console-file.ts'
import { readCredential } from './credential-file.ts'
import { keyMaker } from './make-key.ts'

/** Names that were given before DNS is asked. @throws {MistakesError} for what is not NAME=ADDRESS. */
const resolverOf = ({ hosts }: BootCommandOptions): Resolve => {
  const known = new Map<string, string>()
  const mistakes = hosts.flatMap(entry => {
    const [name = '', address = ''] = entry.split('=', 2)
    if (name !== '' && isIPv4(address)) known.set(name.toLowerCase(), address)
    else return [`--hosts must be NAME=ADDRESS with an IPv4 address, got ${JSON.stringify(entry)} (CONFIG_OUT_OF_RANGE)`]
    return []
  })
  if (mistakes.length > 0) throw new MistakesError(mistakes)
  return async (name, signal) => known.get(name.toLowerCase()) ?? resolveBySystem(name, signal)
}

const credentials = async ({ lsc, mic }: BootCommandOptions) => ({
  ...(lsc === undefined ? {} : { lsc: await readCredential(lsc) }),
  ...(mic === undefined ? {} : { mic: await readCredential(mic) }),
})

type Report = { io: Io; phone: Phone; result: BootResult }

const show = ({ io, phone, result }: Report): void => {
  const { capf, config, failure, trustLists } = result
  const paint = painter(io.stdout, io)
  for (const [kind, sha1] of Object.entries(trustLists)) print(io, `  ${kind.padEnd(18)}SHA-1 ${sha1}`)
  if (capf) print(io, `  ${'CAPF'.padEnd(18)}${result.capfReason}: ${capf.ok ? capf.operation : 'failed'}, LSC ${capf.lsc}`)
  if (config) print(io, `  ${'LSC'.padEnd(18)}${phone.lscMenu}`)
  if (failure) note(io, `${painter(io.stderr, io)('red', 'capf:')} ${phone.deviceName}: ${bootFailureLine({ ...result, failure })}`)
  else print(io, paint('green', 'done'))
}

const messages = (phone: Phone) =>
  phone.statusMessages.map(({ at, code, text }) => ({ at: new Date(at).toISOString(), code, text }))

export const boot = command({
  name: 'boot',
  doc: 'Switch one phone on: trust lists and configuration from the file server, then CAPF if the configuration asks for it',
  details:
    'Prints every step and every status message of the phone. Exit code 0: it has its configuration, and CAPF was content; 1: something was refused; 6: no file server answers.',
  examples: [
    ['phone boot SEP001122334455 --tftp 192.0.2.10 --state phones/SEP001122334455', 'Boot, and remember for the next time'],
    ['phone boot SEP001122334455 --tftp 127.0.0.1 --http-port 16970 --hosts pub.example=127.0.0.1', 'In a laboratory'],
  ],
  words: { name: { doc: 'Name of the device.' } },
  options: BOOT_COMMAND_OPTIONS,
  async run({ options, words, io }): Promise<ExitCode> {
    const { tftp, state, erase, model, sudi, authString, protocolVersion, json } = required(options, { tftp: '--tftp HOST' })
    const [deviceName = ''] = checkNames([words.name])
    const resolve = resolverOf(options)
    const known = await credentials(options)
    const flash = state === undefined ? memoryFlash() : await openFolderFlash(state)
    await using keys = await keyMaker(options.keyPool, io)
    await using console = await openConsoleFile(options.console, io)
    const tell = (line: string) => json || print(io, line)
    const phone = new Phone({
      ...known,
      deviceName,
      model,
      sudi,
      flash,
      resolve,
      makeKey: keys.makeKey,
      trusted: [],
      authMode: 'null',
      options: ownOptions(PHONE_OPTIONS, options),
      onStatus: (message: StatusMessage) => tell(`  ${formatStatusMessage(message)}`),
      ...(console.write ? { onConsole: console.write } : {}),
      ...(authString === undefined ? {} : { authString }),
      ...(protocolVersion === 'model' ? {} : { protocolVersion: protocolVersion === '2' ? 2 : 3 }),
    })
    if (erase) await phone.eraseTrust()
    using interruption = new Interruption(io)
    tell(`${painter(io.stdout, io)('bold', deviceName)} boots from ${tftp}`)
    const result = await phone.boot({
      server: tftp,
      options: ownOptions(BOOT_OPTIONS, options),
      signal: interruption.signal,
      onStep: (step: BootStep) => tell(stepLine(step)),
    })
    if (json) {
      const data = { version: 1, device: deviceName, server: tftp, ...bootData(result), statusMessages: messages(phone) }
      print(io, JSON.stringify(data))
    } else show({ io, phone, result })
    return exitOfBoot(result)
  },
})
