import { type Authority, AuthorityError } from './authority.ts'
import type { CsrFolder } from './csr-folder.ts'

export type FolderAuthorityInit = {
  readonly folder: CsrFolder
  /** The certificates of the offline CA, DER, for `cacerts`. */
  readonly caCertificates: readonly Buffer[]
  /** Requests that may wait. Default 10000. */
  readonly maxWaiting?: number
}

/** An offline CA: every request waits until somebody has carried it to the CA and its certificate back. */
export const folderAuthority = ({ folder, caCertificates, maxWaiting = 10_000 }: FolderAuthorityInit): Authority => ({
  enrol: async csrDer => {
    try {
      const certificateDer = await folder.take(csrDer)
      if (certificateDer) return { status: 'issued', certificateDer }
      if ((await folder.count()) >= maxWaiting) return { status: 'denied', message: 'Too many requests wait for the offline CA.' }
      return { status: 'pending', reference: await folder.put(csrDer) }
    } catch (cause) {
      throw new AuthorityError('caFailed', cause instanceof Error ? cause.message : String(cause), { cause })
    }
  },
  caCerts: async () => caCertificates,
})
