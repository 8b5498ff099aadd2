import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Credential } from '@capfkit/phone'
import { pemToDer, readPrivateKey } from '@capfkit/pki'
import { FleetError } from './errors.ts'

/** The first certificate and the private key of a PEM file. @throws {FleetError} `FLEET_BAD_FILE`, when they do not fit too. */
export const credentialFrom = (file: string): Credential => {
  try {
    const pem = readFileSync(file, 'utf8')
    const certificateDer = pemToDer(pem)[0]!
    const { privateKey } = readPrivateKey(pem)
    if (!new X509Certificate(certificateDer).checkPrivateKey(privateKey)) throw new Error('the key is not that of the certificate')
    return { certificateDer, privateKey }
  } catch (cause) {
    throw new FleetError('FLEET_BAD_FILE', file, { cause })
  }
}
