import type { PhoneConfig } from '@capfkit/codec/config'
import type { Device } from './device.ts'
import type { DeviceStore } from './store/store.ts'

/** What a cluster writes about one phone into the files that it makes for it. */
export type PhoneRecord = {
  readonly config: PhoneConfig
  /** The LSC, DER, where the phone has confirmed one. */
  readonly phoneCertificateDer?: Buffer
}

/**
 * A row of the store as the phone's configuration tells it: with an operation pending, the mode in which the phone shall contact
 * CAPF; without one, that there is nothing to do. The authentication string is for the user to type, and in no file.
 */
export const phoneRecordOf = ({ operation, authMode, certificate }: Device): PhoneRecord => ({
  config: { capfAuthMode: operation === 'none' ? 'none' : authMode },
  ...(certificate ? { phoneCertificateDer: certificate.certificateDer } : {}),
})

/** A device store as a file server asks it: one read for each question, so that a new order is in the next file. */
export const phoneRecords = (store: Pick<DeviceStore, 'get'>) => ({
  find: async (deviceName: string): Promise<PhoneRecord | undefined> => {
    const device = await store.get(deviceName)
    return device && phoneRecordOf(device)
  },
})
