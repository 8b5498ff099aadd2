import { DocumentError, optionalText } from '@capfkit/codec/options'
import {
  formatRolloverHtml,
  formatRolloverJson,
  planRollover,
  ROLLOVER_OPTIONS,
  readIosConfig,
  rolloverLines,
  SettlingError,
} from '@capfkit/scep'
import { type AnyCommand, command, JSON_OPTION } from '../command.ts'
import { MistakesError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readInput } from '../files.ts'
import { note, print } from '../io.ts'
import { mustNotReplace, writeOutput } from '../output-file.ts'
import { plain } from '../screen-table.ts'

const MAX_BYTES = 4_194_304

/** A mistake where it stands: `FILE:4:2: …`. */
const mistakesIn = (file: string, error: unknown): unknown => {
  if (error instanceof DocumentError)
    return new MistakesError(
      error.problems.map(({ line, column, sentence, code }) => `${file}:${line}:${column}: ${plain(sentence)} (${code})`),
    )
  if (error instanceof SettlingError)
    return new MistakesError(
      error.problems.map(
        ({ line, sentence, code }) => `${line === undefined ? '' : `${file}:${line}: `}${plain(sentence)} (${code})`,
      ),
    )
  return error
}

const pkiTimers = command({
  name: 'pki-timers',
  doc: 'Say when an IOS PKI rolls over, and what its server bears meanwhile',
  details:
    'Reads the lines of crypto pki server, crypto pki trustpoint and ip http max-connections from a pasted configuration; flags win over it. Computes when clients ask for the next CA certificate and when it exists, and simulates the questions in between against the limits of the HTTP server of IOS. Exit code 1 when clients are refused, or end without a certificate.',
  examples: [
    ['pki-timers ca-server.txt --clients 1000', 'A pasted configuration'],
    ['pki-timers --ca-days 1825 --certificate-days 600 --renew-percent 70 --overlap-days 30', 'Without one'],
  ],
  words: { file: { doc: 'The configuration, or - for stdin.', optional: true } },
  options: {
    ...ROLLOVER_OPTIONS,
    html: optionalText({ doc: 'File for the same as one page with charts that needs no network; - is stdout.' }),
    ...JSON_OPTION,
  },
  async run({ options: { json, html, ...options }, words: { file }, io }) {
    const name = file === '-' ? 'stdin' : (file ?? '')
    if (html !== undefined) mustNotReplace([file], html)
    try {
      const text = file === undefined ? undefined : (await readInput(file, { io, maxBytes: MAX_BYTES })).toString('utf8')
      const config =
        text === undefined ? { servers: [], trustpoints: [], http: { name: undefined, stated: {} } } : readIosConfig(text)
      const plan = planRollover(config, { options, now: io.now() })
      if (html !== undefined) {
        await writeOutput({ file: html, data: Buffer.from(formatRolloverHtml(plan, name)), io })
        if (html !== '-') note(io, `wrote ${html}`)
      }
      if (json) print(io, JSON.stringify(formatRolloverJson(plan)))
      else if (html !== '-') for (const line of rolloverLines(plan, plain(name))) print(io, line)
      return plan.windows.refusedDays > 0 || plan.simulation.leftBehind > 0 ? EXIT.failed : undefined
    } catch (error) {
      throw mistakesIn(name, error)
    }
  },
})

export const commands: readonly [AnyCommand] = [pkiTimers]
