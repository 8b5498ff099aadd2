import { diagnose, FINDINGS, formatHtml, formatJson, formatOffset } from '@capfkit/diagnose'
import { createSelfSigned, derToPem, generateKeyPair } from '@capfkit/pki'
import t from 'tap'
import { RULES } from '../src/rules/index.ts'
import { bytesAs } from './inputs.ts'

const HOSTILE = `<img src=x onerror=alert(1)>"'&\u202e`
const STATUS = `Cisco IP Phone CP-8845 (SEP682C7B5C2342)
[14:05:42 03/15/21] DNS unknown IPv4 host ${HOSTILE}
[14:05:43 03/15/21] LSC: Connection failed
`

t.test('the JSON form has the keys that scripts rely on, whether they are known or not', async t => {
  const diagnosis = await diagnose([bytesAs('status.txt', STATUS), bytesAs('show.txt', 'admin:show itl\nLength of ITL file: 0\n')])
  const json = JSON.parse(JSON.stringify(formatJson(diagnosis)))
  t.equal(json.version, 1)
  t.strictSame(
    json.sources.map(({ file, kind, offsetMs }: Record<string, unknown>) => ({ file, kind, offsetMs })),
    [
      { file: 'status.txt', kind: 'phone-status', offsetMs: 0 },
      { file: 'show.txt', kind: 'trust-list', offsetMs: null },
    ],
  )
  const about = json.findings.map(({ name, severity, device, at }: Record<string, unknown>) => ({ name, severity, device, at }))
  t.strictSame(about, [
    { name: 'itl-empty', severity: 'error', device: null, at: null },
    { name: 'capf-name-unresolvable', severity: 'error', device: 'SEP682C7B5C2342', at: '2021-03-15T14:05:43.000' },
  ])
  for (const finding of json.findings) {
    t.match(finding, { explanation: String, cure: String, collectNext: Array, evidence: Array })
    t.match(finding.evidence[0], { file: String, line: Number, text: String })
  }
})

t.test('the page shows what stands in logs as text, loads nothing and runs nothing', async t => {
  const html = formatHtml(await diagnose([bytesAs(`${HOSTILE}.txt`, STATUS)]))
  t.notMatch(html, '<img')
  t.match(html, '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;')
  t.notMatch(html, '\u202e')
  t.notMatch(html, /<script|https?:\/\/|url\(|@import/)
  t.match(html, "default-src 'none'")
})

t.test('commands in the words of a finding are set as such, and clocks are compared in words', async t => {
  const html = formatHtml(await diagnose([bytesAs('show.txt', 'admin:show itl\nLength of ITL file: 0\n')]))
  t.match(html, '<code>show itl</code>')
  const said: Readonly<Record<string, number>> = {
    '-7 ms': -7,
    '59999 ms': 59_999,
    '1 min': 60_000,
    '5 h': 17_999_897,
    '-1 h 30 min 2 s': -5_402_000,
    '1 d 1 s': 86_401_000,
  }
  for (const [words, ms] of Object.entries(said)) t.equal(formatOffset(ms), words)
})

t.test('a status is named in the words of the product, where all rows of a finding have the same', async t => {
  const csv = 'name,tkcertificateoperation,tkcertificatestatus\nSEP74A02FC0A675,3,18\n'
  const { findings } = await diagnose([bytesAs('device.csv', csv)])
  t.match(findings, [{ name: 'delete-fails', explanation: /\(status 18, Delete Failed: Invalid LSC\)$/ }])
})

t.test('of what is about servers the stories of the phones that show it are told', async t => {
  const names = ['SEP682C7B5C2342', 'SEP682C7B5C2343']
  const consoleOf = (
    name: string,
  ) => `0003 NOT Nov 20 10:45:01.405151 (322:17812) DOWNLD-dgetfile(870)-GETXXTP [GT870][src=ITL${name}.tlv][transport=HTTP]
0004 ERR Nov 20 10:45:01.407499 (322:17812) SECUREAPP-TL file refused: BOOT_LIST_MALFORMED
`
  const { findings, timelines } = await diagnose([
    bytesAs('show.txt', 'admin:show itl\nLength of ITL file: 6212\nError parsing the ITL File.\n'),
    ...names.map(name => bytesAs(`console_${name}.txt`, consoleOf(name))),
  ])
  t.match(findings, [{ name: 'itl-corrupt', device: undefined }])
  t.strictSame(
    timelines.map(({ device }) => device),
    names,
  )
})

t.test('an LSC tells by itself that its template is wrong', async t => {
  const device = 'SEP682C7B5C2342'
  const keyPair = await generateKeyPair({ type: 'rsa', bits: 2048 })
  const named = async (profile: 'lsc' | 'enterpriseCa') => {
    const subject = [{ type: 'CN', value: device }] as const
    const der = await createSelfSigned({ profile, subject: [...subject], keyPair, notBefore: new Date() })
    return (await diagnose([bytesAs(`${device}.pem`, derToPem(der))])).findings
  }
  t.match(await named('enterpriseCa'), [{ name: 'ca-key-usage', device, evidence: [{ text: /lacks keyEncipherment$/ }] }])
  t.strictSame(await named('lsc'), [])
})

t.test('a healthy log gives no finding', async t => {
  const { findings, timelines } = await diagnose([bytesAs('status.txt', '[14:05:42 03/15/21] Trust List Updated\n')])
  t.strictSame([findings, timelines], [[], []])
  t.match(formatHtml(await diagnose([])), 'Nothing was found')
})

t.test('of one kind a bounded number of phones is told, and the others are counted', async t => {
  const rows = Array.from({ length: 250 }, (_, index) => `SEP${String(index).padStart(12, '0')},2,17`)
  const text = ['name,tkcertificateoperation,tkcertificatestatus', ...rows].join('\n')
  const { findings, leftOut } = await diagnose([bytesAs('device.csv', text)])
  t.equal(findings.length, 100)
  t.equal(leftOut.findings, 150)
  t.ok(findings.every(({ name }) => name === 'operation-expired'))
})

t.test('every finding of the table has a rule, and says what it is, what to do and what to collect', t => {
  for (const [name, { explanation, cure, collectNext }] of Object.entries(FINDINGS)) {
    t.ok(
      RULES.some(rule => rule.name === name),
      name,
    )
    t.ok(explanation.length > 20 && cure.length > 10 && collectNext.length > 0, name)
  }
  t.end()
})
