import { basename } from 'node:path'
import { looksSigned, MAX_TRUST_LIST_BYTES, parseTrustList, TlvError } from '@capfkit/codec/tlv'
import { FileSigner, KnownSigner, PkiError, readCertificateAndKey, signersOf } from '@capfkit/pki'
import { certificatesIn } from '../certificate-files.ts'
import { CliError } from '../errors.ts'
import { readBytes, readInput } from '../files.ts'
import type { Io } from '../io.ts'

/** A configuration file is shorter by far; a list may be read up to here. */
export const MAX_FILE_BYTES = MAX_TRUST_LIST_BYTES

/** How a file is called in sentences. */
export const calledAs = (file: string): string => (file === '-' ? 'stdin' : file)

/** The name that a phone would know the file by; nothing for stdin. */
export const nameOf = (file: string): string | undefined => (file === '-' ? undefined : basename(file))

export const readSigned = (file: string, io: Io): Promise<Buffer> => readInput(file, { io, maxBytes: MAX_FILE_BYTES })

/** What reading the bytes of a file refuses, in a sentence with the file. @throws {CliError} `CLI_BAD_SIGNED_FILE` */
export const inFile = <T>(file: string, read: () => T): T => {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof TlvError)) throw cause
    throw new CliError('CLI_BAD_SIGNED_FILE', { where: calledAs(file), detail: cause.message, cause })
  }
}

/** Certificates whose signature is believed: those in certificate files, and those that may sign in trust lists. */
export const readSigners = async (files: readonly string[]): Promise<KnownSigner[]> => {
  const signers: KnownSigner[] = []
  for (const file of files) {
    const bytes = await readBytes(file, { maxBytes: MAX_FILE_BYTES })
    if (looksSigned(bytes)) signers.push(...signersOf(inFile(file, () => parseTrustList(bytes)).records))
    else signers.push(...(await certificatesIn(file)).map(der => KnownSigner.ofCertificate(der)))
  }
  return signers
}

/** A certificate and its key, ready to sign. @throws {PkiError} that names the file. */
export const readFileSigner = (file: string): FileSigner => {
  const pair = readCertificateAndKey(file)
  try {
    return new FileSigner(pair)
  } catch (cause) {
    throw cause instanceof PkiError ? new PkiError(cause.code, { where: file, cause }) : cause
  }
}
