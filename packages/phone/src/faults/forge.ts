import type { KeyObject } from 'node:crypto'
import { CertificateIssuer, generateKeyPair, micSubject, newManufacturingCa } from '@capfkit/pki'
import type { Forge } from './play.ts'

const P256 = { type: 'ec', curve: 'secp256r1' } as const
/** A CA of whom nobody knows is older than everything that it signs. */
const OLDER_MS = 20 * 365 * 86_400_000

type Ca = { readonly certificateDer: Buffer; readonly privateKey: KeyObject }

const newStranger = async (at: Date): Promise<Ca> => {
  const { certificateDer, keyPair } = await newManufacturingCa({ keySpec: P256, now: () => at, backdateMs: OLDER_MS })
  return { certificateDer, privateKey: keyPair.privateKey }
}

/**
 * MICs of a manufacturing CA, valid at other times than now; without one they are of a stranger, too, so that a server refuses
 * them for that.
 */
export const forgeWith =
  ({ model, micCa }: { model: string; micCa?: Ca | undefined }): Forge =>
  async ({ deviceName, at, days, byStranger }) => {
    const ca = byStranger || !micCa ? await newStranger(at) : micCa
    const issuer = CertificateIssuer.create({ ...ca, profile: 'mic', days, backdateMs: 0, now: () => at })
    const { privateKey, publicKeyDer } = await generateKeyPair(P256)
    const { certificateDer } = await issuer.issue({ subject: micSubject({ deviceName, model }), publicKeyDer })
    return { certificateDer, privateKey }
  }
