import { CLI_ERRORS, EXIT } from '../../packages/cli/src/index.ts'
import { everyTodoOf } from '../../packages/cli/src/phone/todo.ts'
import { DECODE_ERRORS, ENCODE_ERRORS } from '../../packages/codec/src/capf/index.ts'
import { CONFIG_FILE_ERRORS } from '../../packages/codec/src/config/index.ts'
import { CONFIG_ERRORS } from '../../packages/codec/src/options/index.ts'
import { RUN_ERRORS } from '../../packages/codec/src/run/index.ts'
import { PACKET_ERRORS } from '../../packages/codec/src/tftp/index.ts'
import { TLV_ERRORS } from '../../packages/codec/src/tlv/index.ts'
import { ADCS_ERRORS } from '../../packages/est/src/adcs/index.ts'
import { EST_ERRORS } from '../../packages/est/src/index.ts'
import { FLEET_ERRORS, HEALTH_LIMITS } from '../../packages/fleet/src/index.ts'
import { UI_ERRORS } from '../../packages/fleet-ui/src/index.ts'
import { LISTEN_ERRORS } from '../../packages/listen/src/index.ts'
import { BOOT_ERRORS, PHONE_ERRORS } from '../../packages/phone/src/index.ts'
import { CHAIN_ERRORS, PKI_ERRORS, TRUST_LIST_FINDINGS } from '../../packages/pki/src/index.ts'
import { ISSUE_ERRORS, SERVER_ERRORS } from '../../packages/server/src/index.ts'
import { FILES_ERRORS } from '../../packages/tftp/src/index.ts'
import { TVS_ERRORS } from '../../packages/tvs/src/index.ts'
import { code, GENERATED, page, table } from './markdown.ts'

type ErrorTable = {
  readonly title: string
  readonly door: string
  /** When it is seen, and what to do where the rows do not say so. */
  readonly about: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const sentences = (errors: Readonly<Record<string, string>>) => ({
  head: ['code', 'what happened'],
  rows: Object.entries(errors).map(([name, sentence]) => [code(name), sentence]),
})

const remedies = (errors: Readonly<Record<string, { what: string; remedy: string }>>) => ({
  head: ['code', 'what happened', 'what to do'],
  rows: Object.entries(errors).map(([name, { what, remedy }]) => [code(name), what, remedy]),
})

const TABLES: readonly ErrorTable[] = [
  {
    title: 'Command line',
    door: '`@capfkit/cli`, `CLI_ERRORS`',
    about: 'What a command says of its own words and files. The exit code is in the last column.',
    head: ['code', 'what happened', 'what to do', 'exit'],
    rows: Object.entries(CLI_ERRORS).map(([name, { what, remedy, exit }]) => [code(name), what, remedy, String(exit)]),
  },
  {
    title: 'Options',
    door: '`@capfkit/codec/options`, `CONFIG_ERRORS`',
    about:
      'The sentence names the option, the range and what it got; [config.md](config.md) has them all. All mistakes are told at once.',
    ...sentences(CONFIG_ERRORS),
  },
  {
    title: 'Listening',
    door: '`@capfkit/listen`, `LISTEN_ERRORS`',
    about: 'Why a service did not start: CAPF, TVS, files, metrics.',
    ...remedies(LISTEN_ERRORS),
  },
  {
    title: 'Server and device store',
    door: '`@capfkit/server`, `SERVER_ERRORS`',
    about: 'Failures of the server itself. What a phone did wrong is a line in the log and a status of its device instead.',
    ...remedies(SERVER_ERRORS),
  },
  {
    title: 'Getting a certificate from the CA',
    door: '`@capfkit/server`, `ISSUE_ERRORS`',
    about:
      'Why a session of the server got no certificate, or none yet. They are in its log line, and decide the status of the device.',
    head: ['code', 'what happened', 'what to do', 'status'],
    rows: Object.entries(ISSUE_ERRORS).map(([name, { what, remedy, status }]) => [code(name), what, remedy, status]),
  },
  {
    title: 'TVS',
    door: '`@capfkit/tvs`, `TVS_ERRORS`',
    about: 'Why a TVS does not start, or why asking one failed. What a client sends wrong is a line in the log of the server.',
    ...remedies(TVS_ERRORS),
  },
  {
    title: 'File server',
    door: '`@capfkit/tftp`, `FILES_ERRORS`',
    about:
      'Why a file server does not start, or a line in its log when a file cannot be given. What a client does wrong is an outcome, not an error.',
    ...remedies(FILES_ERRORS),
  },
  {
    title: 'Phone',
    door: '`@capfkit/phone`, `PHONE_ERRORS`',
    about:
      'Why a session failed. A phone never throws these: they are in its result, with the phase and the side to blame. `generator` is the machine that runs the phones: such a run says nothing about the server. A phone tries again after a failure of communication, never after a refusal.',
    head: ['code', 'what happened', 'what to do', 'side', 'tries again'],
    rows: Object.entries(PHONE_ERRORS).map(([name, row]) => [
      code(name),
      row.sentence,
      everyTodoOf(row),
      row.side === 'phase' ? 'of the phase' : row.side,
      'communication' in row ? 'yes' : 'no',
    ]),
  },
  {
    title: 'Phone that boots',
    door: '`@capfkit/phone`, `BOOT_ERRORS`',
    about:
      'Why a file was refused or a boot failed; with the file or name in `detail` of the step. A boot never throws these; `Flash` does. What went wrong with CAPF has a code of the table above.',
    head: ['code', 'what happened', 'what to do', 'side'],
    rows: Object.entries(BOOT_ERRORS).map(([name, { what, remedy, side }]) => [code(name), what, remedy, side]),
  },
  {
    title: 'Fleet',
    door: '`@capfkit/fleet`, `FLEET_ERRORS`',
    about: 'What stops a run. Failures of its phones are counted in the summary under the codes above.',
    ...remedies(FLEET_ERRORS),
  },
  {
    title: 'Page of a fleet run',
    door: '`@capfkit/fleet-ui`, `UI_ERRORS`',
    about: 'What the server of the live page answers instead of what was asked; [live.md](live.md) has the requests that it knows.',
    head: ['code', 'what happened', 'what to do', 'HTTP status'],
    rows: Object.entries(UI_ERRORS).map(([name, { what, remedy, status }]) => [code(name), what, remedy, String(status)]),
  },
  {
    title: 'When the generator is to blame',
    door: '`@capfkit/fleet`, `HEALTH_LIMITS`',
    about:
      'Limits of our own that a run holds its own processes against. Beyond one that makes a run invalid, `capf fleet run` ends with exit code 4 and says so first: its figures say nothing of the server. The others are told as doubtful. With a schedule means arrivals by rate; where the next session starts when one has ended, the load follows the generator.',
    head: ['limit', 'at most', 'what is measured', 'makes a run invalid', 'what to do'],
    rows: Object.entries(HEALTH_LIMITS).map(([name, { limit, unit, doc, invalid, remedy }]) => [
      code(name),
      `${limit} ${unit}`,
      doc,
      { always: 'yes', scheduled: 'with a schedule', never: 'no' }[invalid],
      remedy,
    ]),
  },
  {
    title: 'EST',
    door: '`@capfkit/est`, `EST_ERRORS`',
    about:
      'Why an enrolment failed, or a registration authority did not start. An `EstError` has `status` where there was an answer, and `libest` and `curl`, what those programs call it. The third column is the name in the trace of CAPF: see [protocol/est.md](protocol/est.md).',
    head: ['code', 'what happened', 'libest', 'what to do'],
    rows: Object.entries(EST_ERRORS).map(([name, { what, libest, remedy }]) => [code(name), what, `EST_ERR_${libest}`, remedy]),
  },
  {
    title: 'AD CS web enrolment',
    door: '`@capfkit/est/adcs`, `ADCS_ERRORS`',
    about:
      'What a registration authority meets at a Microsoft CA. `where` is the URL, template or request; `curl` has the number and words that libcurl, and so the log of the product, has for it: see [protocol/adcs.md](protocol/adcs.md).',
    ...remedies(ADCS_ERRORS),
  },
  {
    title: 'Keys and certificates',
    door: '`@capfkit/pki`, `PKI_ERRORS`',
    about:
      'The sentence begins with the file or thing that was refused; the original error is in `cause`. Give another file, or make it anew.',
    ...sentences(PKI_ERRORS),
  },
  {
    title: 'Certificate chains',
    door: '`@capfkit/pki`, `CHAIN_ERRORS`',
    about:
      'Why a chain is refused: the result of `validateChain`, not thrown. The server writes it into its log when a phone authenticates with such a certificate.',
    ...sentences(CHAIN_ERRORS),
  },
  {
    title: 'Bytes that are no message',
    door: '`@capfkit/codec/capf`, `DECODE_ERRORS`',
    about:
      'A `DecodeError` has `offset`, in bytes from the start of the frame, and `where`, such as `AUTH_RESPONSE.DEVICE_NAME`. `capf decode` shows the bytes around it.',
    ...sentences(DECODE_ERRORS),
  },
  {
    title: 'Messages that cannot be written',
    door: '`@capfkit/codec/capf`, `ENCODE_ERRORS`',
    about: 'An `EncodeError` is a mistake of the calling program; `where` names message and element.',
    ...sentences(ENCODE_ERRORS),
  },
  {
    title: 'Trust lists and signed files that cannot be read',
    door: '`@capfkit/codec/tlv`, `TLV_ERRORS`',
    about:
      'A `TlvError` has `offset`, in bytes from the start of the file, and `where`, such as `record 3.FUNCTION`. The same codes are for values that cannot be written.',
    ...sentences(TLV_ERRORS),
  },
  {
    title: 'Trust lists and signed files that are not in order',
    door: '`@capfkit/pki`, `TRUST_LIST_FINDINGS`',
    about:
      'What `checkTrustList`, `checkSignedFile` and the commands `capf trustlist verify` and `capf config verify` find; nothing of it is thrown. A problem means that the file should not be used, a warning that phones may not like it.',
    head: ['code', 'what was found', 'severity'],
    rows: Object.entries(TRUST_LIST_FINDINGS).map(([name, { severity, sentence }]) => [code(name), sentence, severity]),
  },
  {
    title: 'Configuration files of phones',
    door: '`@capfkit/codec/config`, `CONFIG_FILE_ERRORS`',
    about:
      'A `ConfigError` has `where`, the path of the element, such as `device/capfList/capf[2]/phonePort`. The same codes are for values that cannot be written.',
    ...remedies(CONFIG_FILE_ERRORS),
  },
  {
    title: 'Recorded runs',
    door: '`@capfkit/codec/run`, `RUN_ERRORS`',
    about: 'A `RunError` has `where`, the file, and `offset`, the byte at which the entry begins.',
    ...remedies(RUN_ERRORS),
  },
  {
    title: 'TFTP packets',
    door: '`@capfkit/codec/tftp`, `PACKET_ERRORS`',
    about: 'A `PacketError` has `offset`, in bytes from the start of the datagram, and `where`, such as `RRQ.mode`.',
    ...sentences(PACKET_ERRORS),
  },
]

/** Complete, because the type asks for every one. */
const EXIT_MEANING: Readonly<Record<keyof typeof EXIT, string>> = {
  pass: 'everything that was asked for was done',
  failed: 'operations failed, beyond the threshold where there is one; or a verification said no',
  usage: 'usage or configuration: a wrong flag, a file that cannot be read, a port in use',
  threshold: 'a threshold on latency or rate failed',
  invalid: 'the run is invalid: the generator itself was overloaded or out of ports',
  stopped: 'stopped by a signal',
  unreachable: 'the target could not be reached before the first success',
  regression: 'a regression against the baseline',
}

export const errorsPage = (): string =>
  page([
    '# Errors',
    GENERATED,
    'Every failure has a code that is stable and can be searched for; the sentences may improve. Programs compare `error.code`. The sentence says what was wrong, where, and what to do, and ends with the code in brackets. `capf errors CODE` prints a row of this page.',
    '## Exit codes of capf',
    table(
      ['exit', 'means'],
      Object.entries(EXIT).map(([name, number]) => [String(number), EXIT_MEANING[name as keyof typeof EXIT]]),
    ),
    ...TABLES.flatMap(({ title, door, about, head, rows }) => [`## ${title}`, `${door}. ${about}`, table(head, rows)]),
  ])
