import { CONFIG_ELEMENTS, type ConfigRow } from '../../packages/codec/src/config/index.ts'
import { TFTP_ERROR_CODES, TFTP_PACKETS, TRANSFER_OPTIONS } from '../../packages/codec/src/tftp/index.ts'
import { HTTP_REFUSALS, MADE_FILES, OUTCOMES, SENDING } from '../../packages/tftp/src/index.ts'
import type { Step } from '../../packages/tftp/src/sending.ts'
import { code, table } from './markdown.ts'

const elements = (): string =>
  table(
    ['element', 'may hold', 'what it is', 'in code'],
    Object.entries<ConfigRow>(CONFIG_ELEMENTS).flatMap(([name, row]) => {
      if (row.kind === 'value') return [[code(row.path), row.value.range, row.doc, code(name)]]
      const fields = Object.entries(row.fields).map(([field, { path, value, required }]) => [
        code(`${row.path}/${row.item}/${path}`),
        value.range,
        required ? '' : 'may be missing',
        code(`${name}[].${field}`),
      ])
      return [[code(`${row.path}/${row.item}`), `up to ${row.most}`, row.doc, code(name)], ...fields]
    }),
  )

const sending = (): string =>
  table(
    ['state', 'event', 'next state', 'action', 'error', 'outcome'],
    Object.entries<Readonly<Record<string, Step>>>(SENDING).flatMap(([state, events]) =>
      Object.entries(events).map(([event, { to, do: action, refusal, outcome = '' }]) => [
        state,
        event,
        to,
        action,
        refusal ? String(TFTP_ERROR_CODES[refusal.error].number) : '',
        outcome,
      ]),
    ),
  )

/** The parts of docs/protocol/files.md that are tables in the code. */
export const fileTables = (): Readonly<Record<string, string>> => ({
  made: table(
    ['file', 'form', 'what it is'],
    MADE_FILES.map(({ name, wrap, doc }) => [code(name), wrap, doc]),
  ),
  packets: table(
    ['opcode', 'packet', 'fields', 'says'],
    Object.entries(TFTP_PACKETS).map(([name, { opcode, fields, doc }]) => [
      String(opcode),
      name,
      Object.entries(fields)
        .map(([field, { layout }]) => `${field} (${layout})`)
        .join(', '),
      doc,
    ]),
  ),
  options: table(
    ['option', 'value', 'RFC', 'what it is', 'in code'],
    Object.entries(TRANSFER_OPTIONS).map(([name, { min, max, rfc, doc, key }]) => [
      code(name),
      max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `${min}..${max}`,
      String(rfc),
      doc,
      code(key),
    ]),
  ),
  sending: sending(),
  errors: table(
    ['number', 'words'],
    Object.values(TFTP_ERROR_CODES).map(({ number, text }) => [String(number), text]),
  ),
  refusals: table(
    ['status', 'words'],
    Object.values(HTTP_REFUSALS).map(({ status, words }) => [String(status), words]),
  ),
  outcomes: table(
    ['outcome', 'log level', 'means'],
    Object.entries(OUTCOMES).map(([name, { level, doc }]) => [code(name), level, doc]),
  ),
  elements: elements(),
})
