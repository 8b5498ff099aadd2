import { readFileSync } from 'node:fs'
import {
  CONFIG_ELEMENTS,
  CONFIG_FILE_ERRORS,
  ConfigError,
  formatConfig,
  MAX_CONFIG_BYTES,
  type PhoneConfig,
  parseConfig,
} from '@capfkit/codec/config'
import fc from 'fast-check'
import t from 'tap'
import { anyConfig } from './file-properties.ts'

const SAMPLE = readFileSync(new URL('../../../test-vectors/config/SEP00112233AABB.cnf.xml', import.meta.url))

/** The codes and numbers that a phone's file may have stand here a second time: a slip in the table must not go unseen. */
const SAMPLE_VALUES: PhoneConfig = {
  fullConfig: true,
  callManagers: [
    { priority: 0, ethernetPhonePort: 2000, sipPort: 5060, securedSipPort: 5061, processNodeName: 'cucm-sub1.example.com' },
    { priority: 1, ethernetPhonePort: 2000, sipPort: 5060, securedSipPort: 5061, processNodeName: '192.0.2.10' },
  ],
  tvs: [
    { priority: 0, port: 2445, address: 'cucm-pub.example.com' },
    { priority: 1, port: 2445, address: '192.0.2.10' },
  ],
  tls12Only: true,
  deviceSecurityMode: 'encrypted',
  transportLayerProtocol: 3,
  tlsResumptionTimerSeconds: 3600,
  capfAuthMode: 'null',
  capfList: [{ phonePort: 3804, processNodeName: 'cucm-pub.example.com' }],
  certHash: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  encrConfig: false,
}

const parse = (xml: string) => parseConfig(Buffer.from(xml))
const device = (inside: string) => parse(`<device>${inside}</device>`)

const refusal = (act: () => unknown) => {
  try {
    return { returned: act() }
  } catch (error) {
    return error instanceof ConfigError ? { code: error.code, where: error.where } : error
  }
}

t.test('reads the security elements of a file that is laid out as a cluster lays it out', async t => {
  t.strictSame(parseConfig(SAMPLE), SAMPLE_VALUES)
  t.strictSame(parseConfig(Buffer.concat([Buffer.from('\ufeff'), SAMPLE])), SAMPLE_VALUES, 'behind a byte order mark')
  t.strictSame(parse(String(SAMPLE).replaceAll('\n', '\r\n')), SAMPLE_VALUES, 'with the line ends of Windows')
  t.strictSame(parseConfig(formatConfig(SAMPLE_VALUES)), SAMPLE_VALUES, 'and writes what reads the same')
})

t.test('each word has the number that phones know', async t => {
  const words = {
    deviceSecurityMode: { 1: 'non-secure', 2: 'authenticated', 3: 'encrypted' },
    capfAuthMode: { 0: 'none', 1: 'string', 2: 'null', 3: 'lsc', 4: 'mic' },
  }
  for (const [element, values] of Object.entries(words))
    for (const [number, word] of Object.entries(values)) {
      t.strictSame(device(`<${element}>${number}</${element}>`), { [element]: word })
      t.match(String(formatConfig({ [element]: word })), `<${element}>${number}</${element}>`)
    }
  for (const text of ['true', 'TRUE', '1']) t.strictSame(device(`<encrConfig>${text}</encrConfig>`), { encrConfig: true }, text)
  for (const text of ['false', 'False', '0']) t.strictSame(device(`<encrConfig>${text}</encrConfig>`), { encrConfig: false }, text)
})

t.test('an element that is empty or missing is absent, a hash may be empty', async t => {
  t.strictSame(device(''), {})
  t.strictSame(device('<encrConfig/><capfAuthMode> </capfAuthMode><certHash/>'), { certHash: '' })
  t.strictSame(device('<capfList/>'), { capfList: [] })
  t.strictSame(device('<capfList><capf><phonePort>3804</phonePort><processNodeName/></capf></capfList>'), {
    capfList: [{ phonePort: 3804 }],
  })
})

t.test('the file for phones that nobody configured has its call managers elsewhere', async t => {
  const members = '<members><member priority="0"><callManager><processNodeName>a</processNodeName></callManager></member></members>'
  const callManagers = [{ priority: 0, processNodeName: 'a' }]
  t.strictSame(parse(`<Default><callManagerGroup>${members}</callManagerGroup></Default>`), { callManagers })
  t.strictSame(device(`<callManagerGroup>${members}</callManagerGroup>`), {}, 'where a phone of its own would not look')
  t.match(String(formatConfig({ callManagers }, { root: 'Default' })), /<Default>\s*<callManagerGroup>/)
})

const list = (count: number) => '<capf><phonePort>3804</phonePort></capf>'.repeat(count)

/** What is in the file, the code, and the element that is named. */
const WRONG: readonly [xml: string, code: keyof typeof CONFIG_FILE_ERRORS, where: string][] = [
  ['', 'CNF_NOT_XML', 'the file'],
  ['hello', 'CNF_NOT_XML', 'the file'],
  ['<device>', 'CNF_NOT_XML', 'the file'],
  ['<device><a></device></a>', 'CNF_NOT_XML', 'the file'],
  ['<device/><device/>', 'CNF_NOT_XML', 'the file'],
  [`${'<a>'.repeat(40)}${'</a>'.repeat(40)}`, 'CNF_NOT_XML', 'the file'],
  ['<device><__proto__>1</__proto__></device>', 'CNF_NOT_XML', 'the file'],
  ['<!DOCTYPE device [<!ENTITY a "b">]><device><certHash>&a;</certHash></device>', 'CNF_DOCTYPE', 'the file'],
  ['<!doctype html><html></html>', 'CNF_DOCTYPE', 'the file'],
  ['<html/>', 'CNF_WRONG_ROOT', 'html'],
  ['<device><deviceSecurityMode>4</deviceSecurityMode></device>', 'CNF_BAD_VALUE', 'device/deviceSecurityMode'],
  ['<device><deviceSecurityMode>01</deviceSecurityMode></device>', 'CNF_BAD_VALUE', 'device/deviceSecurityMode'],
  ['<device><capfAuthMode>-1</capfAuthMode></device>', 'CNF_BAD_VALUE', 'device/capfAuthMode'],
  ['<device><certHash>abcd</certHash></device>', 'CNF_BAD_VALUE', 'device/certHash'],
  ['<device><encrConfig>yes</encrConfig></device>', 'CNF_BAD_VALUE', 'device/encrConfig'],
  ['<device><encrConfig>true<b/></encrConfig></device>', 'CNF_BAD_VALUE', 'device/encrConfig'],
  ['<device><encrConfig>toString</encrConfig></device>', 'CNF_BAD_VALUE', 'device/encrConfig'],
  ['<device><vendorConfig><tls12Only>2</tls12Only></vendorConfig></device>', 'CNF_BAD_VALUE', 'device/vendorConfig/tls12Only'],
  ['<device><encrConfig>true</encrConfig><encrConfig>false</encrConfig></device>', 'CNF_DUPLICATE', 'device/encrConfig'],
  ['<device><TVS/><TVS/></device>', 'CNF_DUPLICATE', 'device/TVS'],
  [`<device><capfList>${list(6)}</capfList></device>`, 'CNF_TOO_MANY', 'device/capfList'],
  [
    `<device><capfList>${list(1)}<capf><phonePort>0</phonePort></capf></capfList></device>`,
    'CNF_BAD_VALUE',
    'device/capfList/capf[2]/phonePort',
  ],
  ['<device><capfList><capf/></capfList></device>', 'CNF_MISSING', 'device/capfList/capf[1]/phonePort'],
  [
    '<device><TVS><members><member><port>1</port><address>a</address></member></members></TVS></device>',
    'CNF_MISSING',
    'device/TVS/members/member[1]/@priority',
  ],
  [
    '<device><TVS><members><member priority="x"><port>1</port><address>a</address></member></members></TVS></device>',
    'CNF_BAD_VALUE',
    'device/TVS/members/member[1]/@priority',
  ],
  [
    '<device><TVS><members><member priority="0"><port>1</port><address>a b</address></member></members></TVS></device>',
    'CNF_BAD_VALUE',
    'device/TVS/members/member[1]/address',
  ],
]

for (const [xml, code, where] of WRONG)
  t.test(`refuses ${xml.slice(0, 90)}`, async t => {
    t.strictSame(
      refusal(() => parse(xml)),
      { code, where },
    )
  })

t.test('every code but those of the bytes is reached by one of these', async t => {
  const reached = new Set([...WRONG.map(([, code]) => code), 'CNF_TOO_LARGE', 'CNF_NOT_TEXT'])
  t.strictSame([...reached].sort(), Object.keys(CONFIG_FILE_ERRORS).sort())
})

t.test('refuses what is no text, and what is too long, before it is read', async t => {
  t.strictSame(
    refusal(() => parseConfig(Buffer.from([0x3c, 0xff, 0x3e]))),
    { code: 'CNF_NOT_TEXT', where: 'the file' },
  )
  const full = Buffer.concat([SAMPLE, Buffer.alloc(MAX_CONFIG_BYTES - SAMPLE.length, ' ')])
  t.strictSame(parseConfig(full), SAMPLE_VALUES, 'the longest that is read')
  t.strictSame(
    refusal(() => parseConfig(Buffer.concat([full, Buffer.from(' ')]))),
    { code: 'CNF_TOO_LARGE', where: 'the file' },
  )
})

t.test('an entity that XML does not have is not replaced, so nothing is ever fetched or expanded', async t => {
  t.strictSame(device('<vendorConfig><disableTLSCiphers>a&lt;b &amp;amp; &undefined;</disableTLSCiphers></vendorConfig>'), {
    disableTlsCiphers: 'a<b &amp; &undefined;',
  })
})

t.test('the sentence has the element, what it may hold, what it got and the code', async t => {
  t.throws(() => device('<capfAuthMode>9</capfAuthMode>'), {
    message:
      'device/capfAuthMode: the element cannot hold this value (it may hold 0 none, 1 string, 2 null, 3 lsc, 4 mic, and has "9"); ' +
      'see docs/protocol/files.md for what it may hold (CNF_BAD_VALUE)',
  })
})

t.test('what cannot be written is refused with its place', async t => {
  const wrong: [PhoneConfig, string, string][] = [
    [{ certHash: 'x' }, 'CNF_BAD_VALUE', 'device/certHash'],
    [{ capfAuthMode: 'toString' as never }, 'CNF_BAD_VALUE', 'device/capfAuthMode'],
    [{ disableTlsCiphers: ' a' }, 'CNF_BAD_VALUE', 'device/vendorConfig/disableTLSCiphers'],
    [{ capfList: [{ phonePort: 3804 }, { phonePort: 70_000 }] }, 'CNF_BAD_VALUE', 'device/capfList/capf[2]/phonePort'],
    [{ tvs: [{ priority: 0, port: 1 } as never] }, 'CNF_MISSING', 'device/TVS/members/member[1]/address'],
    [{ capfList: Array(6).fill({ phonePort: 1 }) }, 'CNF_TOO_MANY', 'device/capfList'],
  ]
  for (const [config, code, where] of wrong)
    t.strictSame(
      refusal(() => formatConfig(config)),
      { code, where },
    )
})

t.test('the arbitrary has every row of the table', async t => {
  const names = new Set(fc.sample(anyConfig, { seed: 1, numRuns: 200 }).flatMap(config => Object.keys(config)))
  t.strictSame([...names].sort(), Object.keys(CONFIG_ELEMENTS).sort())
})

t.test('a file that is cut off anywhere before the end of its root is refused', async t => {
  const end = SAMPLE.lastIndexOf('</device>') + '</device>'.length
  for (let cut = 0; cut < end; cut += 7)
    t.throws(() => parseConfig(SAMPLE.subarray(0, cut)), { name: 'ConfigError' }, `${cut} bytes`)
})
