import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { CONFIG_FILE_ERRORS, CONFIG_ROOTS, ConfigError, formatConfig, type PhoneConfig, parseConfig } from '@capfkit/codec/config'
import {
  formatPacket,
  fromNetascii,
  MAX_REQUEST_BYTES,
  MODES,
  PACKET_ERRORS,
  type Packet,
  PacketError,
  parsePacket,
  toNetascii,
} from '@capfkit/codec/tftp'
import fc, { type Arbitrary, type IProperty } from 'fast-check'
import { anyBytes } from './arbitraries.ts'

const SAMPLE = readFileSync(new URL('../../../test-vectors/config/SEP00112233AABB.cnf.xml', import.meta.url))

const port = fc.integer({ min: 1, max: 65_535 })
const priority = fc.integer({ min: 0, max: 15 })
const node = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6())
const some = <T>(values: { [K in keyof T]: Arbitrary<T[K]> }, requiredKeys: (keyof T)[]) =>
  fc.record(values, { requiredKeys, noNullPrototype: true })

/** Any configuration; a test looks that no row of the table is missing. */
export const anyConfig = some<Required<PhoneConfig>>(
  {
    fullConfig: fc.boolean(),
    callManagers: fc.array(
      some({ priority, ethernetPhonePort: port, sipPort: port, securedSipPort: port, processNodeName: node }, [
        'priority',
        'processNodeName',
      ]),
      { maxLength: 16 },
    ) as Arbitrary<never>,
    tvs: fc.array(fc.record({ priority, port, address: node }, { noNullPrototype: true }), { maxLength: 5 }),
    tls12Only: fc.boolean(),
    disableTlsCiphers: fc.stringMatching(/^[!-~](?:[ -~]{0,100}[!-~])?$/),
    deviceSecurityMode: fc.constantFrom('non-secure', 'authenticated', 'encrypted'),
    transportLayerProtocol: fc.integer({ min: 0, max: 9 }),
    tlsResumptionTimerSeconds: fc.integer({ min: 0, max: 604_800 }),
    capfAuthMode: fc.constantFrom('none', 'string', 'null', 'lsc', 'mic'),
    capfList: fc.array(some({ phonePort: port, processNodeName: node }, ['phonePort']), { maxLength: 5 }) as Arbitrary<never>,
    certHash: fc.oneof(fc.constant(''), fc.stringMatching(/^(?:[0-9a-f]{32}|[0-9a-f]{40})$/)),
    encrConfig: fc.boolean(),
  },
  [],
)

const block = fc.integer({ min: 0, max: 65_535 })
const word = fc.string({ unit: 'binary', maxLength: 30 }).filter(text => text.isWellFormed() && !text.includes('\0'))
const rawOptions = fc.dictionary(
  word.map(text => text.toLowerCase()).filter(text => text.toLowerCase() === text),
  word,
  { maxKeys: 3, noNullPrototype: true },
)
const request = { file: word, mode: fc.constantFrom(...MODES), options: rawOptions }
const FIELDS: { [N in Packet['name']]: Record<string, Arbitrary<unknown>> } = {
  RRQ: request,
  WRQ: request,
  DATA: { block, data: anyBytes(600) },
  ACK: { block },
  ERROR: { errorCode: block, message: word },
  OACK: { options: rawOptions },
}
const anyPacket = fc.oneof(
  ...Object.entries(FIELDS).map(([name, fields]) =>
    fc.record({ name: fc.constant(name), ...fields }, { noNullPrototype: true }).map(packet => packet as unknown as Packet),
  ),
)

const fits = (packet: Packet) => {
  try {
    return formatPacket(packet)
  } catch (error) {
    if (error instanceof PacketError && error.code === 'TFTP_REQUEST_TOO_LONG') return undefined
    throw error
  }
}

/** A recorded file with a few bytes gone and others in their place. */
const changedFile = fc
  .tuple(fc.integer({ min: 0, max: SAMPLE.length - 1 }), anyBytes(6), fc.integer({ min: 0, max: 12 }))
  .map(([at, bytes, cut]) => Buffer.concat([SAMPLE.subarray(0, at), bytes, SAMPLE.subarray(at + cut)]))

const opcode = fc.integer({ min: 0, max: 7 }).map(number => Buffer.of(0, number))
const likelyPacket = fc.tuple(opcode, anyBytes(80)).map(parts => Buffer.concat(parts))
const texts = fc.array(fc.oneof(word, fc.constantFrom(...MODES)), { maxLength: 6 })
const likelyRequest = fc
  .tuple(opcode, texts)
  .map(([opcode, words]) => Buffer.concat([opcode, ...words.map(word => Buffer.from(`${word}\0`))]))

const configOrError = (bytes: Buffer) => {
  try {
    const config = parseConfig(bytes)
    assert.deepEqual(parseConfig(formatConfig(config)), config)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    assert.ok(error.code in CONFIG_FILE_ERRORS)
  }
}

const packetOrError = (bytes: Buffer) => {
  try {
    const packet = parsePacket(bytes)
    assert.deepEqual(parsePacket(formatPacket(packet)), packet)
  } catch (error) {
    if (!(error instanceof PacketError)) throw error
    assert.ok(error.code in PACKET_ERRORS)
    assert.ok(error.offset >= 0 && error.offset <= Math.max(bytes.length, MAX_REQUEST_BYTES))
  }
}

/** What must hold for configuration files and TFTP packets. */
export const FILE_PROPERTIES: readonly { claim: string; property: IProperty<unknown> }[] = [
  {
    claim: 'config: any configuration reads as it was written, under either root',
    property: fc.property(fc.tuple(anyConfig, fc.constantFrom(...CONFIG_ROOTS)), ([config, root]) => {
      assert.deepEqual(parseConfig(formatConfig(config, { root })), config)
    }),
  },
  {
    claim: 'config: any bytes, and any change of a file, give a configuration or a ConfigError and nothing else',
    property: fc.property(fc.oneof(anyBytes(200), changedFile), configOrError),
  },
  {
    claim: 'TFTP: any packet that fits reads as it was written',
    property: fc.property(anyPacket, packet => {
      const bytes = fits(packet)
      fc.pre(bytes !== undefined)
      assert.deepEqual(parsePacket(bytes), packet)
    }),
  },
  {
    claim: 'TFTP: any bytes give a packet or a PacketError, and what is read can be written and reads the same again',
    property: fc.property(fc.oneof(anyBytes(60), likelyPacket, likelyRequest), packetOrError),
  },
  {
    claim: 'TFTP: what is written as netascii comes back',
    property: fc.property(anyBytes(200), bytes => {
      assert.ok(fromNetascii(toNetascii(bytes)).equals(bytes))
    }),
  },
]
