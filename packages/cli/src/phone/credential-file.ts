import { existsSync } from 'node:fs'
import { access, constants, rm } from 'node:fs/promises'
import type { Credential, MadeKey } from '@capfkit/phone'
import {
  derToPem,
  makeFolder,
  parseCertificate,
  pemToDer,
  privateKeyPem,
  publicKeyDerOf,
  readPrivateKey,
  writePrivateFile,
} from '@capfkit/pki'
import { CliError } from '../errors.ts'
import { readBytes, systemWords } from '../files.ts'

const MAX_BYTES = 1_048_576

/** A certificate with its key from one PEM file. @throws {CliError} `CLI_FILE_UNREADABLE`, `CLI_BAD_CERTIFICATE_FILE`. */
export const readCredential = async (file: string): Promise<Credential> => {
  const bytes = await readBytes(file, { maxBytes: MAX_BYTES })
  try {
    const [certificateDer] = pemToDer(bytes)
    const { privateKey } = readPrivateKey(bytes)
    if (!certificateDer || !parseCertificate(certificateDer).publicKeyDer.equals(publicKeyDerOf(privateKey)))
      throw new Error('the private key does not belong to the certificate')
    return { certificateDer, privateKey }
  } catch (cause) {
    throw new CliError('CLI_BAD_CERTIFICATE_FILE', {
      where: file,
      detail: cause instanceof Error ? cause.message : String(cause),
      cause,
    })
  }
}

/** The credential in a file that need not be there. */
export const readCredentialIfThere = async (file: string): Promise<Credential | undefined> =>
  existsSync(file) ? readCredential(file) : undefined

const unwritable = (file: string, cause: unknown) =>
  new CliError('CLI_FILE_UNWRITABLE', { where: file, detail: `the file cannot be written: ${systemWords(cause)}`, cause })

/**
 * The folder for LSCs, made when missing. Before the session: afterwards the server believes that the phone has its LSC.
 *
 * @throws {CliError} `CLI_FILE_UNWRITABLE`
 */
export const prepareFolder = async (folder: string): Promise<void> => {
  try {
    await makeFolder(folder)
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    const detail = `the folder cannot be written: ${systemWords(cause)}`
    throw new CliError('CLI_FILE_UNWRITABLE', { where: folder, detail, cause })
  }
}

/** Certificate, then PKCS#8 key, mode 0600, all or nothing. */
export const writeCredential = async (file: string, { certificateDer, privateKey }: Credential): Promise<void> => {
  try {
    await writePrivateFile({ file, data: derToPem(certificateDer) + privateKeyPem(privateKey) })
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

/** A key that waits for its certificate, from a PEM file that need not be there. @throws {CliError} `CLI_BAD_CERTIFICATE_FILE` */
export const readPendingKey = async (file: string): Promise<MadeKey | undefined> => {
  if (!existsSync(file)) return undefined
  const bytes = await readBytes(file, { maxBytes: MAX_BYTES })
  try {
    const { privateKey, publicKeyDer } = readPrivateKey(bytes)
    return { privateKey, publicKeyDer }
  } catch (cause) {
    throw new CliError('CLI_BAD_CERTIFICATE_FILE', {
      where: file,
      detail: 'this is no private key',
      remedy: 'remove it: the phone then makes another key',
      cause,
    })
  }
}

/** The file follows the phone: PKCS#8, mode 0600, or nothing. */
export const keepPendingKey = async (file: string, key: MadeKey | undefined): Promise<void> => {
  if (!key) return removeCredential(file)
  try {
    await writePrivateFile({ file, data: privateKeyPem(key.privateKey) })
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

export const removeCredential = async (file: string): Promise<void> => {
  try {
    await rm(file, { force: true })
  } catch (cause) {
    throw unwritable(file, cause)
  }
}
