import { OptionError } from '@capfkit/codec/options'
import { type Device, EC_SIZES, openDeviceStore } from '@capfkit/server'
import type { ListedPhone } from './phone-row.ts'

const phoneOf = ({ name, authMode, authString, keyOrder, rsaBits, ecBits }: Device): ListedPhone => ({
  deviceName: name,
  authMode,
  ...(authString === undefined ? {} : { authString }),
  key: keyOrder === 'rsa' ? { type: 'rsa', bits: rsaBits } : { type: 'ec', curve: EC_SIZES[ecBits] },
})

/** The devices of a device store as phones, in order of name; what the store does not know of them is drawn from the seed. */
export const readStorePhones = async (url: string, { most }: { most: number }): Promise<ListedPhone[]> => {
  await using store = openDeviceStore(url)
  const phones: ListedPhone[] = []
  for await (const device of store.list()) {
    if (phones.length === most) break
    phones.push(phoneOf(device))
  }
  if (phones.length > 0) return phones
  const sentence = `storePhones: there is no device in ${url}`
  throw new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: 'storePhones', sentence }])
}
