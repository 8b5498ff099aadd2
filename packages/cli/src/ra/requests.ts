import { join } from 'node:path'
import { optionalText, text } from '@capfkit/codec/options'
import { CsrFolder, type Imported } from '@capfkit/est'
import { PkiError } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { counted } from '../counted.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readInput } from '../files.ts'
import { note, print } from '../io.ts'
import { writeOutput } from '../output-file.ts'
import { required } from '../required.ts'
import { FILES } from './ca-files.ts'

const FOLDER_OPTIONS = {
  out: optionalText({ doc: 'The folder of capf ra start --authority folder. Required.' }),
  ...JSON_OPTION,
} as const

const open = (options: { readonly out: string | undefined }): Promise<CsrFolder> =>
  CsrFolder.open(join(required(options, { out: '--out FOLDER' }).out, FILES.requests))

const NAMES = {
  names: { doc: 'Names of requests, as list shows them; all of them without it.', many: true, optional: true },
} as const

/** yargs gives no list where there are no words. */
const some = (names: readonly string[] | undefined): readonly string[] | undefined =>
  names && names.length > 0 ? names : undefined

export const list = command({
  name: 'list',
  doc: 'The requests that wait for an offline CA',
  examples: [['ra list --out ra', 'Names, since when, subjects']],
  options: FOLDER_OPTIONS,
  async run({ options, io }) {
    for (const { name, subject, since } of await (await open(options)).list())
      if (options.json) print(io, JSON.stringify({ version: 1, name, subject, since }))
      else print(io, `${name}  ${since.toISOString()}  ${subject}`)
    return undefined
  },
})

export const count = command({
  name: 'count',
  doc: 'How many requests wait for an offline CA',
  examples: [['ra count --out ra', 'A number']],
  options: FOLDER_OPTIONS,
  async run({ options, io }) {
    const waiting = await (await open(options)).count()
    print(io, options.json ? JSON.stringify({ version: 1, count: waiting }) : String(waiting))
    return undefined
  },
})

export const dump = command({
  name: 'dump',
  doc: 'Take the requests out, to be carried to an offline CA',
  examples: [['ra dump --out ra --to requests.pem', 'All of them, as PEM']],
  words: NAMES,
  options: { ...FOLDER_OPTIONS, to: text({ default: '-', doc: 'File for the requests, PEM; - is stdout.' }) },
  async run({ options, words, io }) {
    const pem = await (await open(options)).dump(some(words.names))
    await writeOutput({ file: options.to, data: Buffer.from(pem), io })
    if (options.to !== '-') note(io, `${options.to}: ${counted(pem.split('-----BEGIN').length - 1, 'request')}`)
    return undefined
  },
})

export const remove = command({
  name: 'delete',
  doc: 'Forget requests that wait for an offline CA',
  examples: [['ra delete SEP001122334455-0123456789abcdef --out ra', 'One; without a name all of them']],
  words: NAMES,
  options: FOLDER_OPTIONS,
  async run({ options, words, io }) {
    const names = some(words.names)
    const gone = await (await open(options)).delete(names)
    print(io, options.json ? JSON.stringify({ version: 1, deleted: gone }) : `deleted ${counted(gone.length, 'request')}`)
    return names && gone.length < names.length ? EXIT.failed : undefined
  },
})

const MAX_BYTES = 16_777_216

/** @throws {CliError} `CLI_BAD_CERTIFICATE_FILE` */
const takeIn = async (folder: CsrFolder, { file, bytes }: { file: string; bytes: Buffer }): Promise<Imported> => {
  try {
    return await folder.importCertificates(bytes)
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause
    throw new CliError('CLI_BAD_CERTIFICATE_FILE', {
      where: file === '-' ? 'stdin' : file,
      detail: cause.message,
      remedy: 'give PEM, DER or PKCS#7 as the CA wrote it',
      cause,
    })
  }
}

export const importCertificates = command({
  name: 'import',
  doc: 'Bring the certificates of an offline CA back',
  details: 'PEM (one or many), DER or PKCS#7; each goes to the request for its key. Exit code 1 when one fits no request.',
  examples: [['ra import issued.pem --out ra', 'From a file; - is stdin']],
  words: { file: { doc: 'File with the certificates.' } },
  options: FOLDER_OPTIONS,
  async run({ options, words: { file }, io }) {
    const folder = await open(options)
    const { imported, unmatched } = await takeIn(folder, { file, bytes: await readInput(file, { io, maxBytes: MAX_BYTES }) })
    if (options.json) print(io, JSON.stringify({ version: 1, imported, unmatched }))
    else for (const name of imported) print(io, `imported ${name}`)
    for (const subject of unmatched) note(io, `no request waits for the certificate of ${subject}`)
    return unmatched.length > 0 ? EXIT.failed : undefined
  },
})
