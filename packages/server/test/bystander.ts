import { publicKey } from './certificates.ts'
import { obey, type ScriptedPhone } from './scripted-phone.ts'
import type { Serving } from './serving.ts'

const RSA_KEY = publicKey({ type: 'rsa', bits: 2048 })

/** Steps of an install at which a phone can stop and do something else. */
export type StopAt = 'auth' | 'key' | 'store'

/** Bring a phone to where the server waits for its next answer. */
export const bringTo: Readonly<Record<StopAt, (phone: ScriptedPhone, deviceName: string) => Promise<unknown>>> = {
  auth: phone => phone.expect('AUTH_REQUEST'),
  key: async (phone, deviceName) => {
    await phone.greet(deviceName)
    return phone.expect('KEY_GENERATE_REQUEST')
  },
  store: async (phone, deviceName) => {
    await bringTo.key(phone, deviceName)
    phone.say({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: RSA_KEY })
    return phone.expect('STORE_CERTIFICATE_REQUEST')
  },
}

/** A phone that waits in the middle of its session while something bad happens next to it. */
export const bystander = async (server: Serving) => {
  const deviceName = await server.device()
  const phone = await server.phone()
  await bringTo.key(phone, deviceName)
  return {
    finish: async () => {
      phone.say({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: RSA_KEY })
      return obey(phone)
    },
  }
}
