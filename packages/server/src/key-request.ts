import { CURVE, KEY_TYPE, type MessageOf } from '@capfkit/codec/capf'
import type { KeySpec } from '@capfkit/pki'

/** Ask a phone for a key [CAPF-3]: version 2 clients know RSA only and get KEY_SIZE alone [CAPF-3.2]. */
export const keyGenerateRequest = ({
  sessionId,
  spec,
  version,
}: {
  sessionId: number
  spec: KeySpec
  version: number
}): MessageOf<'KEY_GENERATE_REQUEST'> => {
  const message = { name: 'KEY_GENERATE_REQUEST', sessionId } as const
  if (spec.type === 'ec') return { ...message, keyType: KEY_TYPE.EC, curve: CURVE[spec.curve] }
  return { ...message, keySizeBits: spec.bits, ...(version >= 3 ? { keyType: KEY_TYPE.RSA } : {}) }
}
