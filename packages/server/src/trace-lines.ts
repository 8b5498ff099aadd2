import type { MessageName } from '@capfkit/codec/capf'
import { traceText } from '@capfkit/codec/trace'
import type { Rejected } from '@capfkit/listen'
import { AUTH_MODES, type Device, KEY_ORDERS, OPERATIONS, RSA_SIZES } from './device.ts'
import { CERT_STATUSES, OP_STATUS, type OpStatus } from './status.ts'
import type { Outcome } from './store/store.ts'
import type { TraceEntry } from './trace.ts'

/** The vocabulary of the trace [CAPF-6.2]: every function gives the lines of one thing that happened. */

/** A function that is entered, says something, and is left. */
export const block = (func: string, lines: readonly string[]): TraceEntry[] => [
  { kind: 'enter', text: func },
  ...lines.map(line => ({ kind: 'body', text: `${func} ${line}` }) as const),
  { kind: 'leave', text: func },
]

/** A `debug` line of a session: `debug 2:SEP…:text`. The product prints index 2 in every public example. */
export const debugLine = (deviceName: string | undefined, text: string): TraceEntry[] =>
  block('debug', [deviceName === undefined ? text : `2:${deviceName}:${text}`])

export const eventLine = (deviceName: string | undefined, { event, state }: { event: string; state: string }): TraceEntry[] =>
  debugLine(deviceName, traceText('event', { event, state }))

/** What went wrong first in a session, or is worth knowing of it [CAPF-6.2]: *ours*. */
export const noteLine = (deviceName: string | undefined, detail: string): TraceEntry[] =>
  debugLine(deviceName, traceText('note', { detail }))

/** A connection that never became a session, such as one whose TLS handshake failed [CAPF-6.2]: *ours*. */
export const rejectedLine = ({ remoteAddress, why, detail }: Rejected): TraceEntry[] =>
  debugLine(undefined, `Connection refused: ${remoteAddress} ${why} ${detail}`)

/** `STORE_CERTIFICATE_REQUEST` is `STORE_CERT_REQ` in the one line that is public; the other names are cut alike [CAPF-6.2]. */
const traceName = (message: MessageName) =>
  message
    .replace('CERTIFICATE', 'CERT')
    .replace('GENERATE', 'GEN')
    .replace(/REQUEST$/, 'REQ')
    .replace(/RESPONSE$/, 'RESP')

export const sendingLine = (deviceName: string | undefined, message: MessageName): TraceEntry[] =>
  debugLine(deviceName, `Sending ${traceName(message)} msg`)

export const messageLine = (message: MessageName): TraceEntry[] => debugLine(undefined, `MsgType : CAPF_MSG_${traceName(message)}`)

export const endingLines = (deviceName: string | undefined): TraceEntry[] => [
  ...sendingLine(deviceName, 'END_SESSION'),
  // In the public trace it is the last line of a session, whose END_SESSION nobody but the server has sent.
  ...messageLine('END_SESSION'),
]

const modeOf = ({ authMode }: Device) => `${AUTH_MODES[authMode].trace}:${AUTH_MODES[authMode].number}`

/** What was read of the device, as the product prints its row; `before` is what the session had in its place. */
export const selectLines = (device: Device, before = device): TraceEntry[] =>
  block(`Select(${device.name})`, [
    'device exists',
    traceText('authMode', { mode: AUTH_MODES[before.authMode].trace, number: AUTH_MODES[before.authMode].number }),
    `KeySize=KEY_SIZE_${device.rsaBits}:${RSA_SIZES[device.rsaBits]}`,
    device.keyOrder === 'rsa' ? 'ECKeySize=INVALID:0' : `ECKeySize=EC_KEY_SIZE_${device.ecBits}:${device.ecBits}`,
    `KeyOrder=${KEY_ORDERS[device.keyOrder].trace}:${KEY_ORDERS[device.keyOrder].number}`,
    `Operation=${OPERATIONS[device.operation].trace}:${OPERATIONS[device.operation].number}`,
    `Operation Status =${CERT_STATUSES[device.status]?.name}:${device.status}`,
    `Authentication Mode=${modeOf(device)}`,
    ...(device.completesBy === undefined ? [] : [`Operation Should Finish By=${device.completesBy}`]),
  ])

/** The public key of the certificate goes into the row. The product prints raw bytes, which we write as hex. */
export const publicKeyLines = (deviceName: string, keyDer: Buffer): TraceEntry[] =>
  ['In capf_ui_set_ph_public_key()', `pubKey: ${keyDer.toString('hex')}`, `pubKey length: ${keyDer.length}`].flatMap(text =>
    debugLine(deviceName, text),
  )

/** How the outcome of an operation became a status of the row. */
export const outcomeLines = (ended: { deviceName: string; opStatus: OpStatus; outcome: Outcome }): TraceEntry[] => {
  const { deviceName, opStatus: status, outcome } = ended
  const { operation, status: certStatus, fulfilled } = outcome
  const label = `${OP_STATUS[status].code === 0 ? 'Success' : 'Failure'}:${status}`
  const func = `SetOperationStatus(${label}):${OP_STATUS[status].code}`
  // The product cuts this name after three letters of the status.
  const map = `CAPFDevice::MapCapf_OpStatusToDBLTypeCertificateStatus(${OPERATIONS[operation].trace}, ${label.slice(0, 3)}`
  const number = fulfilled ? OPERATIONS.none.number : OPERATIONS[operation].number
  const body = (text: string) => ({ kind: 'body', text: `${func} ${text}` }) as const
  return [
    { kind: 'enter', text: func },
    body(`Operation status Value is '${OP_STATUS[status].code}'`),
    ...block(map, [traceText('dbStatus', { status: CERT_STATUSES[certStatus]?.name ?? '' })]),
    body(`Operation status is set to ${number}`),
    body(`Operation status is set to ${label}`),
    body(
      `sql query - (UPDATE Device SET tkCertificateOperation=${number}, ` +
        traceText('sqlStatus', { number: certStatus, device: deviceName }),
    ),
    { kind: 'leave', text: func },
  ]
}
