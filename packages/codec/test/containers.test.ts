import { type DecodeError, decode, encode, type Message } from '@capfkit/codec/capf'
import t from 'tap'
import { rawElement, rawFrame } from './frames.ts'
import { refusal } from './refuses.ts'

const DER = Buffer.from('3003020101', 'hex')
const name = Buffer.from('SEP001122334455\0')
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** An AUTH_RESPONSE with one element more, given by its tag and bytes. */
const authResponse = (tag: number, value: Buffer) =>
  rawFrame({
    command: 2,
    elements: [
      [7, Buffer.of(3)],
      [13, name],
      [tag, value],
    ],
  })
const read = (tag: number, value: Buffer) => decode(authResponse(tag, value))
const AUTH_RESPONSE: Message = { name: 'AUTH_RESPONSE', sessionId: 7, version: 3, deviceName: 'SEP001122334455' }

t.test('CERTIFICATE is 01, the length of what follows, 00, the type, and the DER', async t => {
  const certificate = { certificateType: 1, certificateDer: DER }
  t.strictSame(read(4, hex('01 0007 00 01 3003020101')), { ...AUTH_RESPONSE, certificate })
  t.strictSame(
    encode({ ...AUTH_RESPONSE, certificate }).indexOf(hex('04 000a 01 0007 00 01 3003020101')) > 0,
    true,
    'and is written so',
  )
  t.match(
    read(4, hex('01 0002 00 02')),
    { certificate: { certificateType: 2, certificateDer: Buffer.alloc(0) } },
    'with no DER at all',
  )

  const refused = (code: string) => ({ code, where: 'AUTH_RESPONSE.CERTIFICATE' })
  for (const short of ['', '01', '01 00', '01 0002', '01 0002 00'])
    t.strictSame(
      refusal(() => read(4, hex(short))),
      refused('CODEC_TRUNCATED'),
      `"${short}" is too short`,
    )
  for (const wrong of [
    '01 0006 00 01 3003020101',
    '01 0008 00 01 3003020101',
    '01 0005 00 01 3003020101',
    '01 0000 00 01',
    '01 ffff 00 01',
  ])
    t.strictSame(
      refusal(() => read(4, hex(wrong))),
      refused('CODEC_BAD_LENGTH'),
      `"${wrong}" says another length`,
    )
  t.strictSame(
    refusal(() => read(4, hex('02 0007 00 01 3003020101'))),
    refused('CODEC_BAD_VALUE'),
    'another first byte',
  )
  t.strictSame(
    refusal(() => read(4, hex('01 0007 01 01 3003020101'))),
    refused('CODEC_BAD_VALUE'),
    'another fourth byte',
  )

  const write = (certificateType: number, length: number) =>
    refusal(() => encode({ ...AUTH_RESPONSE, certificate: { certificateType, certificateDer: Buffer.alloc(length) } }))
  t.strictSame(write(256, 1), refused('CODEC_BAD_VALUE'), 'a type that is no u8')
  t.strictSame(write(1, 0xffff - 1), refused('CODEC_BAD_VALUE'), 'a DER too long for its own length field')
  t.strictSame(write(1, 0xffff - 2), refused('CODEC_FRAME_TOO_LONG'), 'a DER too long for the frame')
})

t.test('SHA2_SIGNED_DATA is the hash, the length and the signature', async t => {
  const sha2SignedData = { digestType: 3, signature: hex('aabb') }
  t.strictSame(read(20, hex('03 0002 aabb')), { ...AUTH_RESPONSE, sha2SignedData })
  t.ok(encode({ ...AUTH_RESPONSE, sha2SignedData }).indexOf(hex('14 0005 03 0002 aabb')) > 0, 'and is written so')
  t.match(read(20, hex('01 0000')), { sha2SignedData: { digestType: 1, signature: Buffer.alloc(0) } }, 'with no signature at all')

  const refused = (code: string) => ({ code, where: 'AUTH_RESPONSE.SHA2_SIGNED_DATA' })
  for (const short of ['', '03', '03 00'])
    t.strictSame(
      refusal(() => read(20, hex(short))),
      refused('CODEC_TRUNCATED'),
      `"${short}"`,
    )
  for (const wrong of ['03 0001 aabb', '03 0003 aabb', '03 0000 aabb', '03 0001', '03 ffff'])
    t.strictSame(
      refusal(() => read(20, hex(wrong))),
      refused('CODEC_BAD_LENGTH'),
      `"${wrong}" says another length`,
    )
  const write = (digestType: number, length: number) =>
    refusal(() => encode({ ...AUTH_RESPONSE, sha2SignedData: { digestType, signature: Buffer.alloc(length) } }))
  t.strictSame(write(-1, 1), refused('CODEC_BAD_VALUE'), 'a hash that is no u8')
  t.strictSame(write(3, 0x1_0000), refused('CODEC_BAD_VALUE'), 'a signature too long for its length field')
  t.strictSame(write(3, 0xffff), refused('CODEC_FRAME_TOO_LONG'), 'a signature too long for the frame')
})

t.test('SUDI_DATA holds a certificate and up to two signatures, each once, in any order', async t => {
  const [certificate, sha1, sha512] = [rawElement([0, DER]), rawElement([1, hex('11')]), rawElement([3, hex('33')])]
  const whole = { certificateDer: DER, sha1Signature: hex('11'), sha512Signature: hex('33') }
  t.strictSame(read(16, Buffer.concat([certificate, sha1, sha512])), { ...AUTH_RESPONSE, sudi: whole })
  t.strictSame(read(16, Buffer.concat([sha512, certificate, sha1])), { ...AUTH_RESPONSE, sudi: whole }, 'in another order')
  t.ok(
    encode({ ...AUTH_RESPONSE, sudi: whole }).includes(Buffer.concat([certificate, sha1, sha512])),
    'written in the order of the tags',
  )
  t.strictSame(read(16, certificate), { ...AUTH_RESPONSE, sudi: { certificateDer: DER } }, 'the certificate alone')
  t.strictSame(read(16, Buffer.concat([certificate, sha512])), {
    ...AUTH_RESPONSE,
    sudi: { certificateDer: DER, sha512Signature: hex('33') },
  })

  const refused = (code: string) => ({ code, where: 'AUTH_RESPONSE.SUDI_DATA' })
  for (const parts of [[], [sha1], [sha1, sha512]])
    t.strictSame(
      refusal(() => read(16, Buffer.concat(parts))),
      refused('CODEC_MISSING_ELEMENT'),
      'no certificate',
    )
  for (const part of [certificate, sha1, sha512])
    t.strictSame(
      refusal(() => read(16, Buffer.concat([certificate, sha1, sha512, part]))),
      refused('CODEC_DUPLICATE_ELEMENT'),
      'one twice',
    )
  for (const tag of [2, 4, 255])
    t.strictSame(
      refusal(() => read(16, Buffer.concat([certificate, rawElement([tag, hex('00')])]))),
      refused('CODEC_UNKNOWN_ELEMENT'),
      `tag ${tag}`,
    )
  for (const cut of [1, 2, 3, certificate.length - 1])
    t.strictSame(
      refusal(() => read(16, certificate.subarray(0, cut))),
      refused('CODEC_TRUNCATED'),
      `cut to ${cut} bytes`,
    )
  t.strictSame(
    refusal(() => read(16, Buffer.concat([certificate, hex('01 ffff')]))),
    refused('CODEC_TRUNCATED'),
    'a length beyond the element',
  )
  const write = (length: number) =>
    refusal(() => encode({ ...AUTH_RESPONSE, sudi: { certificateDer: DER, sha1Signature: Buffer.alloc(length) } }))
  t.strictSame(write(0x1_0000), refused('CODEC_BAD_VALUE'), 'a signature too long for its length field')
  t.strictSame(write(0xffff), refused('CODEC_FRAME_TOO_LONG'), 'a signature too long for the frame')
})

t.test('a length inside one element never reaches into the next one', async t => {
  const next = rawElement([11, hex('00')])
  for (const [tag, value] of [
    [4, hex('01 000b 00 01 3003020101')],
    [20, hex('03 0006 aabb')],
    [16, hex('00 0009 3003020101')],
  ] as const) {
    const body = Buffer.concat([rawElement([7, Buffer.of(3)]), rawElement([13, name]), rawElement([tag, value]), next])
    const { code } = refusal(() => decode(rawFrame({ command: 2, body }))) as { code: string }
    t.ok(['CODEC_BAD_LENGTH', 'CODEC_TRUNCATED'].includes(code), `tag ${tag}: ${code}`)
  }
})

t.test('an error inside an element points at the byte that is wrong', async t => {
  // The element starts at byte 31 of the frame, its value at 34: header, VERSION (4), DEVICE_NAME (19), element header.
  const offset = (tag: number, text: string): unknown => {
    try {
      return read(tag, hex(text))
    } catch (error) {
      return (error as DecodeError).offset
    }
  }
  t.equal(offset(4, '02 0007 00 01 3003020101'), 34, 'first byte of CERTIFICATE')
  t.equal(offset(4, '01 0006 00 01 3003020101'), 35, 'its length')
  t.equal(offset(4, '01 0007 01 01 3003020101'), 37, 'its fourth byte')
  t.equal(offset(20, '03 0001 aabb'), 35, 'length of a signature')
  t.equal(offset(16, '00 0001 aa 07 0001 bb'), 38, 'an unknown sub-element')
  t.equal(offset(16, '00 0001 aa 00 0001 bb'), 38, 'a repeated one')
  t.equal(offset(16, '00 0001 aa 01 0005 bb'), 39, 'the length of one that runs too far')
  t.equal(offset(16, '00 0001 aa 01'), 38, 'half of its header')
  t.equal(offset(16, '01 0001 aa'), 34, 'no certificate at all')
  const tooFar = Buffer.concat([authResponse(4, hex('')).subarray(8, 31), hex('04 0001')])
  t.throws(() => decode(rawFrame({ command: 2, body: tooFar })), { code: 'CODEC_TRUNCATED', offset: 32 }, 'length of an element')
})
