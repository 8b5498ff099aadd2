import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flag } from '@capfkit/codec/options'
import { type Cluster, LAB_FILES, LAB_OPTIONS, startCluster } from '@capfkit/lab'
import type { BootResult } from '@capfkit/phone'
import { formatName, parseCertificate } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { MistakesError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Interruption } from '../interruption.ts'
import { type Io, note, painter, print } from '../io.ts'
import { makeOutFolder } from '../out-folder.ts'
import { ownOptions } from '../own-options.ts'
import { bootData, bootFailureLine, stepLine } from '../phone/boot-screen.ts'
import { screenTable } from '../screen-table.ts'

const UP_OPTIONS = {
  ...LAB_OPTIONS,
  once: flag({ default: false, doc: 'End when the phones have booted, instead of staying up until Ctrl-C.' }),
  ...JSON_OPTION,
} as const

/** `SEP020000000001` and those behind it. */
const deviceNames = ({ firstDevice, phones }: { firstDevice: string; phones: number }): string[] => {
  const first = BigInt(`0x${firstDevice.slice(3)}`)
  const name = (index: number) => ((first + BigInt(index)) & 0xffffffffffffn).toString(16).toUpperCase().padStart(12, '0')
  return Array.from({ length: phones }, (_, index) => `SEP${name(index)}`)
}

/** A folder of the laboratory: the one that was named, or one that goes away with it. */
const openFolder = async (out: string | undefined): Promise<AsyncDisposable & { readonly path: string }> => {
  if (out !== undefined) {
    await makeOutFolder(out, 0o700)
    const files = await readdir(out)
    if (files.length > 0 && !files.includes(LAB_FILES.notice.name))
      throw new MistakesError([
        `--out ${out} has files that are of no laboratory, and a laboratory replaces keys and certificates; name an empty folder (CLI_USAGE)`,
      ])
    return { path: out, [Symbol.asyncDispose]: async () => {} }
  }
  const path = await mkdtemp(join(tmpdir(), 'capf-lab-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const issuerOf = (certificateDer: Buffer | undefined) =>
  certificateDer ? formatName(parseCertificate(certificateDer).issuer) : 'nobody'

type Shown = { cluster: Cluster; folder: string; io: Io }

const showCluster = ({ cluster, folder, io }: Shown): void => {
  const rows = cluster.listening.map(({ service, address, what }) => [service, address, what])
  print(io, screenTable(io, { head: ['service', 'listens on', 'for'], rows, flexible: 2 }))
  print(io, '')
  print(io, `certificates, keys and logs in ${folder}`)
  for (const { name, doc } of Object.values(LAB_FILES)) print(io, `  ${name.padEnd(16)}${doc}`)
}

type Booted = { readonly device: string; readonly result: BootResult }

/** One phone after the other: ordered an LSC, then switched on. */
const bootPhones = async (
  names: readonly string[],
  { cluster, io, json, signal }: Shown & { json: boolean; signal: AbortSignal },
): Promise<Booted[]> => {
  const paint = painter(io.stdout, io)
  const booted: Booted[] = []
  await cluster.store.add(
    names.map(name => ({ name, operation: 'install' as const })),
    { replace: true },
  )
  for (const device of names) {
    if (signal.aborted) break
    const phone = cluster.newPhone({ deviceName: device })
    if (!json) print(io, `\n${paint('bold', device)} boots`)
    const result = await cluster.boot(phone, { signal, onStep: step => void (json || print(io, stepLine(step))) })
    booted.push({ device, result })
    if (result.failure)
      note(io, `${painter(io.stderr, io)('red', 'capf:')} ${device}: ${bootFailureLine({ ...result, failure: result.failure })}`)
    else if (!json) print(io, `  ${paint('green', `LSC ${phone.lscMenu}`)}, signed by ${issuerOf(phone.lsc?.certificateDer)}`)
  }
  return booted
}

export const up = command({
  name: 'up',
  doc: 'Bring a whole cluster up on this machine, and let phones enrol through all of it',
  details:
    'CAPF, TVS, files of phones, a registration authority and a pretended AD CS, with certificates of their own, all on loopback. Phones boot and ask for an LSC; then everything stays up until Ctrl-C, for other phones and commands. Exit code 1: a phone was refused; 5: Ctrl-C came before all had booted.',
  examples: [
    ['lab up', 'Everything, on the ports of the product where they need no rights'],
    ['lab up --out lab --phones 3 --once', 'Three phones, then the end; logs stay in the folder lab'],
  ],
  options: UP_OPTIONS,
  async run({ options, io }): Promise<ExitCode> {
    const { out, once, json } = options
    using interruption = new Interruption(io)
    const { signal } = interruption
    await using folder = await openFolder(out)
    const onError = (error: unknown) => note(io, `capf: a log cannot be written: ${error instanceof Error ? error.message : error}`)
    await using cluster = await startCluster({
      options: ownOptions(LAB_OPTIONS, options),
      folder: folder.path,
      now: io.now,
      onError,
    })
    const shown = { cluster, folder: folder.path, io }
    if (!json) showCluster(shown)
    const booted = await bootPhones(deviceNames(options), { ...shown, json, signal })
    // Ctrl-C is how a laboratory ends that stays up; before that it cuts the phones short.
    const isCut = signal.aborted
    if (json) {
      const phones = booted.map(({ device, result }) => ({ device, ...bootData(result) }))
      print(io, JSON.stringify({ version: 1, folder: folder.path, listening: cluster.listening, phones }))
    }
    if (!once && !isCut) {
      note(io, '\nup until Ctrl-C')
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    if (isCut) return EXIT.stopped
    return booted.some(({ result }) => result.failure) ? EXIT.failed : EXIT.pass
  },
})
