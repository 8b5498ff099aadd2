import { readFileSync } from 'node:fs'
import { formatTraceLine, parseTraceLine, type TraceLine } from '@capfkit/codec/trace'
import t from 'tap'

const at = (hours: number, rest: { minutes: number; seconds: number; ms: number }) =>
  ((hours * 60 + rest.minutes) * 60 + rest.seconds) * 1000 + rest.ms
const enrolAt = at(14, { minutes: 5, seconds: 4, ms: 628 })

/** Lines as a real CAPF service writes them. */
const LINES: Record<string, TraceLine> = {
  '14:05:04.628 |-->debug': { timeOfDayMs: enrolAt, kind: 'enter', text: 'debug' },
  '14:05:04.628 |<--debug': { timeOfDayMs: enrolAt, kind: 'leave', text: 'debug' },
  '14:05:04.628 | debug 2:SEP74A02FC0A675:CA Mode is OnlineCA, Initiating Automatic Certificate Enrollment': {
    timeOfDayMs: enrolAt,
    kind: 'body',
    text: 'debug 2:SEP74A02FC0A675:CA Mode is OnlineCA, Initiating Automatic Certificate Enrollment',
  },
  '14:05:05.289 | debug 2:SEP74A02FC0A675:CAPF CORE: Rcvd Event: CAPF_EV_CA_CERT_REP in State: CAPF_STATE_AWAIT_CA_CERT_RESP': {
    timeOfDayMs: at(14, { minutes: 5, seconds: 5, ms: 289 }),
    kind: 'body',
    text: 'debug 2:SEP74A02FC0A675:CAPF CORE: Rcvd Event: CAPF_EV_CA_CERT_REP in State: CAPF_STATE_AWAIT_CA_CERT_RESP',
  },
  '14:05:05.419 |-->SetOperationStatus(Success:CAPF_OP_SUCCESS):0': {
    timeOfDayMs: at(14, { minutes: 5, seconds: 5, ms: 419 }),
    kind: 'enter',
    text: 'SetOperationStatus(Success:CAPF_OP_SUCCESS):0',
  },
  '14:05:05.419 | CAPFDevice::MapCapf_OpStatusToDBLTypeCertificateStatus(OPERATION_UPGRADE, Suc =>DbStatus=CERT_STATUS_UPGRADE_SUCCESS':
    {
      timeOfDayMs: at(14, { minutes: 5, seconds: 5, ms: 419 }),
      kind: 'body',
      text: 'CAPFDevice::MapCapf_OpStatusToDBLTypeCertificateStatus(OPERATION_UPGRADE, Suc =>DbStatus=CERT_STATUS_UPGRADE_SUCCESS',
    },
  '14:05:05.503 |<--SetOperationStatus(Success:CAPF_OP_SUCCESS):0': {
    timeOfDayMs: at(14, { minutes: 5, seconds: 5, ms: 503 }),
    kind: 'leave',
    text: 'SetOperationStatus(Success:CAPF_OP_SUCCESS):0',
  },
  '00:00:00.000 |-->findAndPost': { timeOfDayMs: 0, kind: 'enter', text: 'findAndPost' },
  '23:59:59.999 | debug MsgType : CAPF_MSG_END_SESSION': {
    timeOfDayMs: 86_399_999,
    kind: 'body',
    text: 'debug MsgType : CAPF_MSG_END_SESSION',
  },
}

for (const [line, parsed] of Object.entries(LINES))
  t.test(`[CAPF-6] ${line}`, async t => {
    t.strictSame(parseTraceLine(line), parsed, 'reads')
    t.equal(formatTraceLine(parsed), line, 'and is written the same')
  })

t.test('spaces after the bar, and the CR of a log that went through Windows, do not matter', async t => {
  for (const line of ['14:05:04.628 |debug x', '14:05:04.628 |   debug x', '14:05:04.628 | debug x\r'])
    t.strictSame(parseTraceLine(line), { timeOfDayMs: enrolAt, kind: 'body', text: 'debug x' }, JSON.stringify(line))
  t.strictSame(parseTraceLine('14:05:04.628 |'), { timeOfDayMs: enrolAt, kind: 'body', text: '' }, 'a line that says nothing')
})

t.test('what is not a trace line is not read as one', async t => {
  const others = [
    '',
    'debug',
    '14:05:04 | no milliseconds',
    '4:05:04.628 | one digit',
    '24:00:00.000 | no such hour',
    '14:60:00.000 | no such minute',
    '14:05:60.000 | no such second',
    ' 14:05:04.628 | something in front',
    '14:05:04.628 debug without a bar',
    '2019/03/05 12:31:21 [info] 31067#0: a line of nginx',
    '14:05:04.628 | two\n14:05:04.628 | lines',
    '14:05:04.628 |\n14:05:04.628 | two lines, the first empty',
  ]
  for (const line of others) t.equal(parseTraceLine(line), undefined, JSON.stringify(line))
})

t.test('a hostile line of a million blanks is read in linear time', async t => {
  const start = performance.now()
  t.equal(parseTraceLine(`14:05:04.628 |${' '.repeat(1_000_000)}x\ry`), undefined)
  t.ok(performance.now() - start < 1000)
})

t.test('no text can make a second line or steer a terminal', async t => {
  const line = (text: string) => formatTraceLine({ timeOfDayMs: 0, kind: 'body', text })
  t.equal(line('SEP\r\n00:00:00.000 |-->debug'), '00:00:00.000 | SEP  00:00:00.000 |-->debug')
  const controls = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, i) => 0x7f + i), 0x2028, 0x2029]
  for (const code of controls) t.equal(line(`a${String.fromCodePoint(code)}b`), '00:00:00.000 | a b', `U+${code.toString(16)}`)
  t.equal(line('żółw 📞 é'), '00:00:00.000 | żółw 📞 é', 'other text stays')
})

t.test('a text that looks like a mark stays a text', async t => {
  const line = formatTraceLine({ timeOfDayMs: 0, kind: 'body', text: '-->debug' })
  t.strictSame(parseTraceLine(line), { timeOfDayMs: 0, kind: 'body', text: '-->debug' })
})

t.test('a fraction of a millisecond is dropped, and the day starts again', async t => {
  t.equal(formatTraceLine({ timeOfDayMs: 1.9, kind: 'enter', text: 'x' }), '00:00:00.001 |-->x')
  t.equal(formatTraceLine({ timeOfDayMs: 86_400_000, kind: 'enter', text: 'x' }), '00:00:00.000 |-->x')
})

t.test('the grammar that clause 6 of the protocol document shows is the one that is read', async t => {
  const page = readFileSync(new URL('../../../docs/protocol/capf.md', import.meta.url), 'utf8')
  const shown = page.split('\n').filter(line => /^\d{2}:\d{2}:\d{2}\.\d{3} \|/.test(line))
  t.ok(shown.length > 0, 'it shows lines')
  for (const line of shown) t.equal(formatTraceLine(parseTraceLine(line)!), line)
})
