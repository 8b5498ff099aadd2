import { DECODE_ERRORS, ENCODE_ERRORS } from '@capfkit/codec/capf'
import { CONFIG_FILE_ERRORS } from '@capfkit/codec/config'
import { CONFIG_ERRORS, nearest } from '@capfkit/codec/options'
import { RUN_ERRORS } from '@capfkit/codec/run'
import { PACKET_ERRORS } from '@capfkit/codec/tftp'
import { TLV_ERRORS } from '@capfkit/codec/tlv'
import { EST_ERRORS } from '@capfkit/est'
import { ADCS_ERRORS } from '@capfkit/est/adcs'
import { FLEET_ERRORS } from '@capfkit/fleet'
import { UI_ERRORS } from '@capfkit/fleet-ui'
import { LISTEN_ERRORS } from '@capfkit/listen'
import { BOOT_ERRORS, PHONE_ERRORS } from '@capfkit/phone'
import { CHAIN_ERRORS, PKI_ERRORS, TRUST_LIST_FINDINGS } from '@capfkit/pki'
import { ISSUE_ERRORS, SERVER_ERRORS } from '@capfkit/server'
import { FILES_ERRORS } from '@capfkit/tftp'
import { TVS_ERRORS } from '@capfkit/tvs'
import { type AnyCommand, command, JSON_OPTION } from '../command.ts'
import { CLI_ERRORS, CliError } from '../errors.ts'
import { painter, print } from '../io.ts'
import { everyTodoOf } from '../phone/todo.ts'

type ErrorRow = { readonly code: string; readonly what: string; readonly remedy?: string }

const sentences = (table: Readonly<Record<string, string>>): ErrorRow[] =>
  Object.entries(table).map(([code, what]) => ({ code, what }))

const remedies = (table: Readonly<Record<string, { what: string; remedy: string }>>): ErrorRow[] =>
  Object.entries(table).map(([code, { what, remedy }]) => ({ code, what, remedy }))

/** Every code of every package, from the tables that the errors themselves are made of. */
const allErrors = (): ErrorRow[] => [
  ...remedies(CLI_ERRORS),
  ...sentences(CONFIG_ERRORS),
  ...remedies(LISTEN_ERRORS),
  ...remedies(SERVER_ERRORS),
  ...remedies(ISSUE_ERRORS),
  ...remedies(TVS_ERRORS),
  ...remedies(FILES_ERRORS),
  ...Object.entries(PHONE_ERRORS).map(([code, row]) => ({ code, what: row.sentence, remedy: everyTodoOf(row) })),
  ...remedies(BOOT_ERRORS),
  ...remedies(FLEET_ERRORS),
  ...remedies(UI_ERRORS),
  ...remedies(EST_ERRORS),
  ...remedies(ADCS_ERRORS),
  ...sentences(PKI_ERRORS),
  ...sentences(CHAIN_ERRORS),
  ...sentences(TLV_ERRORS),
  ...Object.entries(TRUST_LIST_FINDINGS).map(([code, { severity, sentence }]) => ({ code, what: `${severity}: ${sentence}` })),
  ...sentences({ ...ENCODE_ERRORS, ...DECODE_ERRORS }),
  ...remedies(CONFIG_FILE_ERRORS),
  ...remedies(RUN_ERRORS),
  ...sentences(PACKET_ERRORS),
]

const errorsCommand = command({
  name: 'errors',
  doc: 'Say what an error code means and what to do',
  examples: [['errors STORE_LOCKED', 'One code; without it, all of them']],
  words: { code: { doc: 'The code in brackets at the end of a sentence.', optional: true } },
  options: JSON_OPTION,
  async run({ options, words: { code }, io }) {
    const all = allErrors()
    const rows = code === undefined ? all : all.filter(row => row.code === code.toUpperCase())
    if (rows.length === 0) {
      const near = nearest(
        code ?? '',
        all.map(row => row.code),
      )
      throw new CliError('CLI_USAGE', {
        where: code ?? '',
        detail: 'there is no such code',
        remedy: near ? `did you mean ${near}?` : 'see capf errors',
      })
    }
    const paint = painter(io.stdout, io)
    for (const { code, what, remedy } of rows)
      if (options.json) print(io, JSON.stringify({ code, what, ...(remedy === undefined ? {} : { remedy }) }))
      else print(io, `${paint('bold', code)}\n  ${what}${remedy === undefined ? '' : `\n  ${remedy}`}`)
    return undefined
  },
})

export const commands: readonly [AnyCommand] = [errorsCommand]
