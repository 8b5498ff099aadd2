import {
  AUTH_TYPE,
  CERTIFICATE_TYPE,
  CURVE,
  DIGEST_TYPE,
  ELEMENT_NAMES,
  ELEMENTS,
  type ElementName,
  KEY_TYPE,
  MESSAGE_NAMES,
  MESSAGES,
  REASON,
} from '@capfkit/codec/capf'
import t from 'tap'
import { anyValue, layoutOf } from './arbitraries.ts'
import { recordedSessions } from './vectors.ts'

// The numbers are written here a second time on purpose: a slip in the table must not go unseen because everything walks it.

t.test('[CAPF-2.1] commands have the public numbers', async t => {
  t.strictSame(Object.fromEntries(MESSAGE_NAMES.map(name => [MESSAGES[name].command, name])), {
    1: 'AUTH_REQUEST',
    2: 'AUTH_RESPONSE',
    3: 'KEY_GENERATE_REQUEST',
    4: 'KEY_GENERATE_RESPONSE',
    5: 'ENCRYPT_RESPONSE',
    6: 'ENCRYPT_REQUEST',
    7: 'DECRYPT_REQUEST',
    8: 'DECRYPT_RESPONSE',
    9: 'STORE_CERTIFICATE_REQUEST',
    10: 'STORE_CERTIFICATE_RESPONSE',
    11: 'FETCH_CERTIFICATE_REQUEST',
    12: 'FETCH_CERTIFICATE_RESPONSE',
    13: 'DELETE_CERTIFICATE_REQUEST',
    14: 'DELETE_CERTIFICATE_RESPONSE',
    15: 'END_SESSION',
    16: 'RETRY_LATER',
    17: 'REQUEST_IN_PROGRESS',
    18: 'STATUS_REQUEST',
    19: 'STATUS_RESPONSE',
    20: 'ABORT_REQUEST',
    21: 'ABORT_RESPONSE',
    22: 'SIGN_CERTIFICATE_REQUEST',
    23: 'SIGN_CERTIFICATE_RESPONSE',
  })
})

t.test('[CAPF-2.2] elements have the public tags', async t => {
  t.strictSame(Object.fromEntries(ELEMENT_NAMES.map(name => [ELEMENTS[name].tag, name])), {
    1: 'REASON',
    2: 'REASON_INFO',
    3: 'CERTIFICATE_TYPE',
    4: 'CERTIFICATE',
    5: 'CERTIFICATE_ID',
    6: 'SIGNED_DATA',
    7: 'VERSION',
    8: 'AUTH_TYPE',
    9: 'PUBLIC_KEY',
    10: 'KEY_SIZE',
    11: 'PASSWORD',
    12: 'RETRY_DELAY',
    13: 'DEVICE_NAME',
    16: 'SUDI_DATA',
    17: 'KEY_TYPE',
    18: 'CURVE',
    19: 'DIGEST_TYPE',
    20: 'SHA2_SIGNED_DATA',
  })
  t.equal(
    new Set(ELEMENT_NAMES.map(name => ELEMENTS[name].key)).size,
    ELEMENT_NAMES.length,
    'each has a name of its own in a message',
  )
})

t.test('[CAPF-2.2] values with names have the public numbers', async t => {
  t.strictSame(
    { REASON, AUTH_TYPE, CERTIFICATE_TYPE, KEY_TYPE, CURVE, DIGEST_TYPE },
    {
      REASON: { NO_ACTION: 0, DONE: 1, REFUSED: 7, UNKNOWN_DEVICE: 9 },
      AUTH_TYPE: { NONE: 0, PASSWORD: 1, NO_PASSWORD: 2, LSC: 3, MIC: 4 },
      CERTIFICATE_TYPE: { LSC: 1, MIC: 2 },
      KEY_TYPE: { RSA: 0, EC: 1 },
      CURVE: { secp256r1: 0, secp384r1: 1, secp521r1: 2 },
      DIGEST_TYPE: { SHA1: 1, SHA256: 2, SHA512: 3 },
    },
  )
})

t.test('a row of the message table makes sense', async t => {
  for (const name of MESSAGE_NAMES) {
    const { required, optional, payload } = layoutOf(name)
    const uses = [...required, ...optional]
    t.equal(new Set(uses).size, uses.length, `${name} names no element twice`)
    if (payload === 'unknown') t.strictSame(uses, [], `${name}: nothing is public, so nothing is made up`)
    for (const element of uses) t.ok(anyValue(element), `${name}.${element} is fuzzed`)
  }
})

t.test('what is our own definition says so', async t => {
  const ours = new Set<ElementName>(ELEMENT_NAMES.filter(name => 'ours' in ELEMENTS[name]))
  t.strictSame([...ours], ['RETRY_DELAY'])
  for (const name of MESSAGE_NAMES)
    if ([...layoutOf(name).required, ...layoutOf(name).optional].some(element => ours.has(element)))
      t.equal(layoutOf(name).payload, 'ours', `${name} has an element of ours`)
})

t.test('every message goes the way in which it was recorded', async t => {
  for (const { name: session, frames } of recordedSessions())
    for (const { command, direction } of frames) {
      const { from } = layoutOf(command as keyof typeof MESSAGES)
      t.ok(from === 'either' || from === (direction === 'S>C' ? 'server' : 'client'), `${session}: ${command}`)
    }
})
