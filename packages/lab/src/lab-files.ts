import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { iisLogFile, iisLogHeader } from '@capfkit/est/adcs'
import { AppendFile } from '@capfkit/listen'
import { derToPem, writePrivateFile } from '@capfkit/pki'
import type { ClusterCertificates } from './cluster-certificates.ts'

/** What the folder of a laboratory holds, under the names that an operator would look for. */
export const LAB_FILES = {
  store: { name: 'capf.db', doc: 'device store: capf device … --store sqlite:FILE' },
  trace: { name: 'capf0001.txt', doc: 'SDI trace of CAPF' },
  notice: { name: 'LABORATORY.txt', doc: 'says that everything here is for tests; only such a folder is used again' },
  page: { name: 'addresses.txt', doc: 'what listens where, as it is shown at the start' },
  errorLog: { name: 'error.log', doc: 'log of the registration authority' },
} as const

export type LabFile = keyof typeof LAB_FILES
export const labFile = (folder: string, file: LabFile): string => join(folder, LAB_FILES[file].name)

/** What tells the folder of a laboratory from one whose keys somebody needs. */
export const writeNotice = (folder: string): Promise<void> =>
  writeFile(
    labFile(folder, 'notice'),
    'TEST certificates and keys of a capfkit laboratory. The next one that is started here replaces them.\n',
  )

/** One line of the page of a cluster: what listens where. */
export type Listening = { readonly service: string; readonly address: string; readonly what: string }

/** Where everything is, for whoever finds the folder while the laboratory runs. */
export const writePage = (folder: string, listening: readonly Listening[]): Promise<void> => {
  const doors = listening.map(({ service, address, what }) => `${service.padEnd(8)}${address.padEnd(24)}${what}`)
  const files = Object.values(LAB_FILES).map(({ name, doc }) => `${name.padEnd(18)}${doc}`)
  return writeFile(labFile(folder, 'page'), `${[...doors, '', ...files].join('\n')}\n`)
}

/** Logs of a laboratory; open until it ends. */
export type LabLogs = AsyncDisposable & { readonly errorLog: AppendFile; readonly onIisLine: (line: string) => void }

export const openLogs = ({
  folder,
  now,
  onError,
}: {
  folder: string
  now: () => Date
  onError: (error: Error) => void
}): LabLogs => {
  const errorLog = new AppendFile({ file: labFile(folder, 'errorLog'), onError })
  const iis = new AppendFile({ file: join(folder, iisLogFile(now())), onError })
  for (const line of iisLogHeader(now())) iis.write(`${line}\n`)
  return {
    errorLog,
    onIisLine: line => iis.write(`${line}\n`),
    [Symbol.asyncDispose]: async () => {
      await errorLog[Symbol.asyncDispose]()
      await iis[Symbol.asyncDispose]()
    },
  }
}

/** Certificate and key of every service as `NAME.pem`, mode 0600, and `adcs-ca.pem`. @throws {PkiError} */
export const writeCertificates = async (
  folder: string,
  { certificates, adcsCa }: { certificates: ClusterCertificates; adcsCa: Buffer | undefined },
): Promise<void> => {
  for (const [name, { certificatePem, keyPem }] of Object.entries(certificates))
    await writePrivateFile({ file: join(folder, `${name}.pem`), data: certificatePem + keyPem })
  if (adcsCa) await writePrivateFile({ file: join(folder, 'adcs-ca.pem'), data: derToPem(adcsCa) })
}
