import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CertificateIssuer,
  certificatesFromFile,
  derToPem,
  makeFolder,
  newManufacturingCa,
  privateKeyPem,
  writePrivateFile,
} from '@capfkit/pki'
import { credentialFrom } from './credential-file.ts'
import { FleetError } from './errors.ts'
import type { FleetSummary } from './summary.ts'

/** Who signs the MICs of the fleet. */
export type ManufacturingCa = { certificateDer: Buffer; privateKey: KeyObject }

/** The CA of that file, or a new one. @throws {FleetError} `FLEET_BAD_FILE`. */
export const manufacturingCa = async (file: string | undefined): Promise<ManufacturingCa> => {
  if (file === undefined) {
    const { certificateDer, keyPair } = await newManufacturingCa({ now: () => new Date() })
    return { certificateDer, privateKey: keyPair.privateKey }
  }
  const ca = credentialFrom(file)
  try {
    // Client processes sign with it; that it may is found out here.
    CertificateIssuer.create({ ...ca, profile: 'mic', now: () => new Date() })
    return ca
  } catch (cause) {
    throw new FleetError('FLEET_BAD_FILE', file, { cause })
  }
}

/** The certificates that phones are told to trust. @throws {FleetError} `FLEET_NO_CERTIFICATE`, `FLEET_BAD_FILE`. */
export const trustedCertificates = (file: string | undefined): Buffer[] => {
  if (file === undefined) throw new FleetError('FLEET_NO_CERTIFICATE', 'fleet run')
  try {
    return certificatesFromFile(readFileSync(file))
  } catch (cause) {
    throw new FleetError('FLEET_BAD_FILE', file, { cause })
  }
}

/** What one needs to look into a run, or to repeat it: who the phones trusted, and who signed their MICs. */
export const writeRunFiles = async (files: { out: string; micCa: ManufacturingCa; trusted: readonly Buffer[] }): Promise<void> => {
  const { out, micCa, trusted } = files
  try {
    await makeFolder(out)
    await writeFile(join(out, 'capf-certificate.pem'), derToPem(trusted))
    await writePrivateFile({
      file: join(out, 'mic-ca.pem'),
      data: derToPem(micCa.certificateDer) + privateKeyPem(micCa.privateKey),
    })
  } catch (cause) {
    throw new FleetError('FLEET_BAD_FILE', out, { cause })
  }
}

/** The summary as a file, for whoever reads it later: whole, or not there. */
export const writeSummary = async (out: string, summary: FleetSummary): Promise<void> => {
  const file = join(out, 'summary.json')
  try {
    await rm(file, { force: true })
    await writeFile(`${file}.new`, `${JSON.stringify(summary, undefined, 2)}\n`)
    await rename(`${file}.new`, file)
  } catch (cause) {
    await rm(`${file}.new`, { force: true })
    throw new FleetError('FLEET_BAD_FILE', out, { cause })
  }
}
