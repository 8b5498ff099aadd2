import { createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseTraceLine } from '@capfkit/codec/trace'
import t from 'tap'
import { traceTo } from '../src/trace.ts'
import { NOW, publicKey } from './certificates.ts'
import { obey } from './scripted-phone.ts'
import { serve } from './serving.ts'
import { tcpClient } from './tcp-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'capf-trace-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const lines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n')
/** What stands behind the time. */
const texts = (file: string) => lines(file).map(line => line.slice('00:00:00.000 '.length))

const debug = (text: string) => ['|-->debug', `| debug ${text}`, '|<--debug']

/** The row as it is read. */
const select = (operation: string, status: string) => [
  '|-->Select(SEP74A02FC0A675)',
  ...[
    'device exists',
    'BEFORE DB query Authentication Mode=AUTH_BY_STR:1',
    'KeySize=KEY_SIZE_2048:3',
    'ECKeySize=INVALID:0',
    'KeyOrder=KEYORDER_RSA_ONLY:1',
    `Operation=${operation}`,
    `Operation Status =${status}`,
    'Authentication Mode=AUTH_BY_STR:1',
    'Operation Should Finish By=2027:01:20:12:00',
  ].map(text => `| Select(SEP74A02FC0A675) ${text}`),
  '|<--Select(SEP74A02FC0A675)',
]

const key = publicKey({ type: 'rsa', bits: 2048 })
const pkcs1 = createPublicKey({ key, format: 'der', type: 'spki' }).export({ format: 'der', type: 'pkcs1' })

/** Names, order and texts as in the one public trace, where it has them [CAPF-6]. */
const INSTALL = [
  ...debug('CAPF CORE: Rcvd Event: CAPF_EV_PHONE_CONNECTED in State: CAPF_STATE_IDLE'),
  ...debug('Sending AUTH_REQ msg'),
  ...debug('MsgType : CAPF_MSG_AUTH_RESP'),
  ...debug('2:SEP74A02FC0A675:CAPF CORE: Rcvd Event: CAPF_EV_AUTH_RESP in State: CAPF_STATE_AWAIT_AUTH_RESP'),
  ...select('OPERATION_UPGRADE:2', 'CERT_STATUS_SCHEDULE:2'),
  ...debug('2:SEP74A02FC0A675:CAPF CORE: Rcvd Event: CAPF_EV_DEVICE_INSTALL in State: CAPF_STATE_AWAIT_DEVICE_RESP'),
  ...debug('2:SEP74A02FC0A675:Sending KEY_GEN_REQ msg'),
  ...debug('MsgType : CAPF_MSG_REQUEST_IN_PROGRESS'),
  ...debug('2:SEP74A02FC0A675:CAPF CORE: Rcvd Event: CAPF_EV_KEY_GEN_IN_PROGRESS in State: CAPF_STATE_AWAIT_KEY_GEN_RESP'),
  ...debug('MsgType : CAPF_MSG_KEY_GEN_RESP'),
  ...debug('2:SEP74A02FC0A675:CAPF CORE: Rcvd Event: CAPF_EV_KEY_GEN_RESP in State: CAPF_STATE_AWAIT_KEY_GEN_RESP'),
  ...debug('2:SEP74A02FC0A675:CAPF CORE: Rcvd Event: CAPF_EV_CA_CERT_REP in State: CAPF_STATE_AWAIT_CA_CERT_RESP'),
  ...debug('2:SEP74A02FC0A675:CAPF got device certificate'),
  ...debug('2:SEP74A02FC0A675:Sending STORE_CERT_REQ msg'),
  ...debug('MsgType : CAPF_MSG_STORE_CERT_RESP'),
  ...debug('2:SEP74A02FC0A675:CAPF CORE: Rcvd Event: CAPF_EV_STORE_CERT_RESP in State: CAPF_STATE_AWAIT_STORE_CERT_RESP'),
  ...select('OPERATION_UPGRADE:2', 'CERT_STATUS_SCHEDULE:2'),
  '|-->SetOperationStatus(Success:CAPF_OP_SUCCESS):0',
  "| SetOperationStatus(Success:CAPF_OP_SUCCESS):0 Operation status Value is '0'",
  '|-->CAPFDevice::MapCapf_OpStatusToDBLTypeCertificateStatus(OPERATION_UPGRADE, Suc',
  '| CAPFDevice::MapCapf_OpStatusToDBLTypeCertificateStatus(OPERATION_UPGRADE, Suc =>DbStatus=CERT_STATUS_UPGRADE_SUCCESS',
  '|<--CAPFDevice::MapCapf_OpStatusToDBLTypeCertificateStatus(OPERATION_UPGRADE, Suc',
  '| SetOperationStatus(Success:CAPF_OP_SUCCESS):0 Operation status is set to 1',
  '| SetOperationStatus(Success:CAPF_OP_SUCCESS):0 Operation status is set to Success:CAPF_OP_SUCCESS',
  '| SetOperationStatus(Success:CAPF_OP_SUCCESS):0 sql query - ' +
    "(UPDATE Device SET tkCertificateOperation=1, tkcertificatestatus='3' WHERE my_lower(name)=my_lower('SEP74A02FC0A675'))",
  '|<--SetOperationStatus(Success:CAPF_OP_SUCCESS):0',
  ...debug('2:SEP74A02FC0A675:In capf_ui_set_ph_public_key()'),
  ...debug(`2:SEP74A02FC0A675:pubKey: ${pkcs1.toString('hex')}`),
  ...debug('2:SEP74A02FC0A675:pubKey length: 270'),
  ...select('OPERATION_NONE:1', 'CERT_STATUS_UPGRADE_SUCCESS:3'),
  ...debug('2:SEP74A02FC0A675:CAPF CORE: Rcvd Event: CAPF_EV_DB_UPDATED in State: CAPF_STATE_AWAIT_DB_RESP'),
  ...debug('2:SEP74A02FC0A675:Sending END_SESSION msg'),
  ...debug('MsgType : CAPF_MSG_END_SESSION'),
]

const DEVICE = {
  name: 'SEP74A02FC0A675',
  authMode: 'string',
  authString: '123456',
  completesBy: '2027:01:20:12:00',
} as const

t.test('the trace of an install, line by line', async t => {
  const trace = join(folder, 'install.txt')
  const server = await serve(t, { options: { trace } })
  const phone = await server.phone()
  await phone.greet(await server.device(DEVICE), { password: '123456' })
  await phone.expect('KEY_GENERATE_REQUEST')
  phone.say({ name: 'REQUEST_IN_PROGRESS' })
  phone.say({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: key })
  t.equal(await obey(phone), 1)
  await server.server.close(0)
  t.strictSame(texts(trace), INSTALL)
})

t.test('every line is in the grammar, with the time of day of the clock that the server was given', async t => {
  const trace = join(folder, 'grammar.txt')
  const server = await serve(t, { options: { trace } })
  t.equal(await server.session(await server.device()), 1)
  await server.server.close(0)
  const midnight = new Date(NOW)
  midnight.setHours(0, 0, 0, 0)
  for (const line of lines(trace)) t.equal(parseTraceLine(line)?.timeOfDayMs, NOW.getTime() - midnight.getTime(), line)
  t.equal((statSync(trace).mode & 0o777).toString(8), '600')
})

t.test('a failure is traced with its names and numbers, and its order stays', async t => {
  const trace = join(folder, 'failure.txt')
  const server = await serve(t, { options: { trace } })
  const name = await server.device({ authMode: 'string', authString: '123456', operation: 'delete', keyOrder: 'ec', ecBits: 384 })
  const phone = await server.phone()
  await phone.greet(name, { password: '654321' })
  t.equal(await phone.reason(), 7)
  await server.server.close(0)
  const text = texts(trace)
  const func = 'SetOperationStatus(Failure:CAPF_OP_FAIL_INVALID_AUTH_STR):3'
  const map = 'CAPFDevice::MapCapf_OpStatusToDBLTypeCertificateStatus(OPERATION_DELETE, Fai'
  const at = text.indexOf(`|-->${func}`)
  t.strictSame(text.slice(at, at + 9), [
    `|-->${func}`,
    `| ${func} Operation status Value is '3'`,
    `|-->${map}`,
    `| ${map} =>DbStatus=CERT_STATUS_DELETE_FAIL_INVALID_AUTH_STR`,
    `|<--${map}`,
    `| ${func} Operation status is set to 3`,
    `| ${func} Operation status is set to Failure:CAPF_OP_FAIL_INVALID_AUTH_STR`,
    `| ${func} sql query - (UPDATE Device SET tkCertificateOperation=3, tkcertificatestatus='19' ` +
      `WHERE my_lower(name)=my_lower('${name}'))`,
    `|<--${func}`,
  ])
  t.ok(text.includes(`| debug 2:${name}:Session note: wrong authentication string`))
  t.ok(text.includes(`| Select(${name}) KeyOrder=KEYORDER_EC_ONLY:2`))
  t.ok(text.includes(`| Select(${name}) ECKeySize=EC_KEY_SIZE_384:384`))
  t.notMatch(text.join('\n'), /123456|654321/, 'no string in it')
})

t.test('a connection that never became a session is traced as well, and text may go elsewhere than to a file', async t => {
  let text = ''
  const server = await serve(t, {
    trace: traceTo({
      write: written => {
        text += written
      },
      now: () => NOW,
    }),
  })
  const { socket, closed } = await tcpClient(server.server.address.port)
  socket.write('GET / HTTP/1.1\r\n\r\n')
  await closed
  await server.server.close(0)
  t.match(text, /^[\d:.]+ \| debug Connection refused: \S+ tls .+$/m)
  for (const line of text.trimEnd().split('\n')) t.ok(parseTraceLine(line), line)
})

t.test('a second server appends to the same trace', async t => {
  const trace = join(folder, 'shared.txt')
  for (const count of [1, 2]) {
    const server = await serve(t, { options: { trace } })
    await server.session(await server.device())
    await server.server.close(0)
    t.equal(texts(trace).filter(text => text.includes('CAPF_EV_PHONE_CONNECTED')).length, count)
  }
})

t.test('a trace that cannot be written is said once and harms nobody', async t => {
  const server = await serve(t, { options: { trace: join(folder, 'nowhere/trace.txt') } })
  t.equal(await server.session(await server.device()), 1)
  await server.server.close(0)
  t.equal(server.logLines().filter(({ msg }) => msg === 'no trace').length, 1)
})
