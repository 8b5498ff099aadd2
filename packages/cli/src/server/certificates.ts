import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CertificateAndKey, readCertificateAndKey } from '@capfkit/pki'
import { openDeviceStore, readOrMakeCertificate, type ServerOptions } from '@capfkit/server'
import { CliError, MistakesError } from '../errors.ts'
import { shownStore, storeFile } from '../store-file.ts'

/** Where the CAPF certificate came from, and how to get it again. */
export type CertificateSource = { file: string; made: boolean; certificate: CertificateAndKey; read(): CertificateAndKey }

/** The certificate that is named, or `capf.pem` beside the store, made when it is missing. */
export const capfCertificate = async (options: ServerOptions, now: Date): Promise<CertificateSource> => {
  const { certificate, key, store } = options
  if (certificate === undefined && key !== undefined)
    throw new MistakesError(['--key is given without --certificate; give both, or neither (CLI_USAGE)'])
  if (certificate !== undefined) {
    const read = () => readCertificateAndKey(certificate, key)
    return { file: certificate, made: false, certificate: read(), read }
  }
  const folder = dirname(storeFile(store) ?? '.')
  if (!existsSync(folder))
    throw new CliError('CLI_STORE_MISSING', {
      where: `--store ${shownStore(store)}`,
      detail: `there is no folder ${folder}`,
      remedy: 'make it, or name another',
    })
  const file = join(folder, 'capf.pem')
  // No key is left in a folder that somebody named by mistake.
  if (!existsSync(file)) await openDeviceStore(store, { lockTimeoutMs: options.storeLockTimeoutMs })[Symbol.asyncDispose]()
  const { made, ...pair } = await readOrMakeCertificate(file, now)
  return { file, made, certificate: pair, read: () => readCertificateAndKey(file) }
}

/** The other CA that signs LSCs, if there is one. */
export const otherCa = ({ caCertificate, caKey }: ServerOptions): CertificateAndKey | undefined => {
  if (caCertificate !== undefined) return readCertificateAndKey(caCertificate, caKey)
  if (caKey !== undefined)
    throw new MistakesError(['--ca-key is given without --ca-certificate; give both, or neither (CLI_USAGE)'])
  return undefined
}
