import type { KeyObject } from 'node:crypto'
import { type CertificateAndKey, certificateAndKey } from '@capfkit/pki'
import { newCertificateAndKey } from '@capfkit/server'
import { FleetError } from '../errors.ts'
import type { FleetFile } from '../fleet-file/fleet-file.ts'
import { type ManufacturingCa, manufacturingCa } from '../run-files.ts'

/** Who signs the MICs of a run: the CA that is named, that of the fleet's file, or a new one. @throws {FleetError} */
export const manufacturingCaOf = async (fleet: FleetFile | undefined, micCa: string | undefined): Promise<ManufacturingCa> => {
  const kept = fleet?.authority('manufacturing')
  const ca = micCa === undefined && kept ? kept : await manufacturingCa(micCa)
  if (kept && !kept.certificateDer.equals(ca.certificateDer)) {
    const cause = new Error('another manufacturing CA has signed the MICs of this fleet')
    throw new FleetError('FLEET_BAD_FILE', micCa ?? '', { cause })
  }
  if (!kept) await fleet?.keepAuthority('manufacturing', ca)
  return ca
}

/** The CAPF certificate of an embedded server: that which has signed the LSCs of the fleet, or a new one. @throws {FleetError} */
export const capfCertificateOf = async (fleet: FleetFile | undefined): Promise<CertificateAndKey> => {
  const kept: { certificateDer: Buffer; privateKey: KeyObject } | undefined = fleet?.authority('capf')
  if (kept) return certificateAndKey(kept.certificateDer, kept.privateKey)
  const made = await newCertificateAndKey(new Date())
  await fleet?.keepAuthority('capf', { certificateDer: made.certificateDer, privateKey: made.privateKey })
  return made
}
