import { type CheckResult, type CheckVerdict, DOCTOR_OPTIONS, type Examination, examineMachine } from '@capfkit/fleet'
import { type AnyCommand, command, JSON_OPTION } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Interruption } from '../interruption.ts'
import { type Io, painter, print } from '../io.ts'
import { paragraph } from '../paragraph.ts'

const COLOURS = { ok: 'green', warning: 'yellow', problem: 'red', unknown: 'dim' } as const satisfies Record<CheckVerdict, string>
const VERDICT_WIDTH = 9
const INDENT = 30

const resultLines = (io: Io, { name, verdict, found, needed, remedy }: CheckResult): string[] => {
  const paint = painter(io.stdout, io)
  const below = (text: string) => paragraph('', { text, indent: INDENT })
  const [first = '', ...others] = paragraph(`${verdict.padEnd(VERDICT_WIDTH)}${name}`, { text: found, indent: INDENT })
  return [
    `${paint(COLOURS[verdict], verdict)}${first.slice(verdict.length)}`,
    ...others,
    ...(needed === undefined ? [] : below(`needed: ${needed}`)),
    ...(remedy === undefined ? [] : below(`do: ${remedy}`)),
  ]
}

const conclusion = ({ checks }: Examination): string => {
  const counted = (['problem', 'warning'] as const).flatMap(verdict => {
    const { length } = checks.filter(result => result.verdict === verdict)
    return length === 0 ? [] : [`${length} ${verdict}${length === 1 ? '' : 's'}`]
  })
  return counted.length === 0 ? 'nothing stands in the way of such a run' : counted.join(', ')
}

const doctor = command({
  name: 'doctor',
  doc: 'Look whether this machine can carry a fleet, before it runs',
  details:
    'Files, ports, queues, clocks, cryptography, memory, disks and the way to the server, each with what was found, what is needed, and what to do. Changes nothing; takes about a second. Exit code 1 when there is a problem.',
  examples: [
    ['doctor --phones 20000 --rate 300', 'Twenty thousand phones, three hundred sessions a second, server on this machine'],
    ['doctor --phones 5000 --target 192.0.2.10:3804 --key-pool rsa-2048.pool', 'A server elsewhere, and a key pool'],
  ],
  options: { ...DOCTOR_OPTIONS, ...JSON_OPTION },
  async run({ options: { json, ...options }, io }) {
    using interruption = new Interruption(io)
    const examination = await examineMachine({ options, signal: interruption.signal })
    if (json) print(io, JSON.stringify(examination))
    else {
      for (const result of examination.checks) for (const line of resultLines(io, result)) print(io, line)
      print(io, `\n${conclusion(examination)}`)
    }
    return examination.verdict === 'problem' ? EXIT.failed : undefined
  },
})

export const commands: readonly [AnyCommand] = [doctor]
