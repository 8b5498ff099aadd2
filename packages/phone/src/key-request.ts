import { CURVE, KEY_TYPE, type MessageOf, REASON } from '@capfkit/codec/capf'
import { type Curve, type KeySpec, RSA_BITS } from '@capfkit/pki'
import type { Decision, Situation } from './decision.ts'
import { cannotMake } from './models.ts'

const CURVE_NAMES = Object.keys(CURVE) as readonly Curve[]

/** The key that the server wants, or why there is no such key. Without KEY_TYPE it is RSA [CAPF-3.2]. */
const requestedKey = (message: MessageOf<'KEY_GENERATE_REQUEST'>): KeySpec | string => {
  const { keyType = KEY_TYPE.RSA, keySizeBits, curve } = message
  if (keyType === KEY_TYPE.EC) {
    const name = CURVE_NAMES.find(known => CURVE[known] === curve)
    return name ? { type: 'ec', curve: name } : `no such curve: ${curve ?? 'CURVE is missing'}`
  }
  if (keyType !== KEY_TYPE.RSA) return `no such KEY_TYPE: ${keyType}`
  const bits = RSA_BITS.find(known => known === keySizeBits)
  return bits ? { type: 'rsa', bits } : `no such RSA size: ${keySizeBits ?? 'KEY_SIZE is missing'}`
}

/** Start making the key, or say at once that this phone cannot. */
export const keyRequest = (situation: Situation, message: MessageOf<'KEY_GENERATE_REQUEST'>): Decision => {
  const { model, protocolVersion: version } = situation.device
  const spec = requestedKey(message)
  const problem = typeof spec === 'string' ? spec : cannotMake({ model, version, spec })
  if (problem === undefined && typeof spec !== 'string') return { makeKey: spec }
  return {
    reply: { name: 'KEY_GENERATE_RESPONSE', reason: REASON.REFUSED },
    trouble: { code: 'PHONE_KEY_TYPE_UNSUPPORTED', ...(problem === undefined ? {} : { detail: problem }) },
  }
}
