import { optionalText } from '@capfkit/codec/options'
import {
  type CheckResult,
  type CheckVerdict,
  DOCTOR_OPTIONS,
  type DoctorOptions,
  type Examination,
  examineMachine,
  examinePlan,
  FIGURES,
  type FleetOptions,
  NEEDS,
  type PlanExamination,
} from '@capfkit/fleet'
import { type AnyCommand, command, JSON_OPTION } from '../command.ts'
import { counted } from '../counted.ts'
import { MistakesError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { loadPlan } from '../fleet/plan-file.ts'
import { inFlags } from '../fleet/run.ts'
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
  const found = (['problem', 'warning'] as const).flatMap(verdict => {
    const { length } = checks.filter(result => result.verdict === verdict)
    return length === 0 ? [] : [counted(length, verdict)]
  })
  return found.length === 0 ? 'nothing stands in the way of such a run' : found.join(', ')
}

/** What a flag of the doctor is in a plan; who asks for a plan has its rate in it. */
const IN_PLAN = {
  phones: 'phones',
  target: 'server',
  keyPool: 'keyPool',
  sourceAddresses: 'sourceAddresses',
  out: 'out',
} as const satisfies Partial<Record<keyof DoctorOptions, keyof FleetOptions>>

const needLines = ({ load, needs }: PlanExamination): string[] => {
  const { phones, sessions, perSecond, atOnce } = load
  const many = sessions === undefined ? 'as many sessions as it comes to' : `${sessions} sessions`
  return [
    ...paragraph('the plan', {
      text: `${phones} phones, ${many}, ${Math.ceil(perSecond)} a second and ${atOnce} at once at its fullest`,
      indent: INDENT,
    }),
    ...needs.flatMap(({ name, said }) => paragraph(`needs    ${name}`, { text: `${said}: ${NEEDS[name].doc}`, indent: INDENT })),
    ...paragraph('', {
      text: `by figures that were measured on another machine (${FIGURES.serverCpuMs.source}); see docs/scale.md`,
      indent: INDENT,
    }),
    '',
  ]
}

const examineWith = async (given: {
  plan: string
  options: DoctorOptions
  named: ReadonlySet<string>
  io: Io
  signal: AbortSignal
}) => {
  const { plan, options, named, io, signal } = given
  if (named.has('rate'))
    throw new MistakesError(['--rate and --plan exclude each other: the plan says when sessions start (CLI_USAGE)'])
  const stated = Object.entries(IN_PLAN).flatMap(([from, to]) =>
    named.has(from) ? [[to, options[from as keyof typeof IN_PLAN]]] : [],
  )
  const read = await loadPlan(plan, { io, first: Object.fromEntries(stated) as Partial<FleetOptions> })
  try {
    return await examinePlan({ plan: read, signal })
  } catch (error) {
    throw inFlags(error)
  }
}

const doctor = command({
  name: 'doctor',
  doc: 'Look whether this machine can carry a fleet, before it runs',
  details:
    'Files, ports, queues, clocks, cryptography, memory, disks and the way to the server, each with what was found, what is needed, and what to do. Changes nothing; takes about a second. Exit code 1 when there is a problem.',
  examples: [
    ['doctor --phones 20000 --rate 300', 'Twenty thousand phones, three hundred sessions a second, server on this machine'],
    ['doctor --plan storm.yaml', 'What a plan needs of servers, database and fleet, and whether this machine has it'],
    ['doctor --phones 5000 --target 192.0.2.10:3804 --key-pool rsa-2048.pool', 'A server elsewhere, and a key pool'],
  ],
  options: {
    ...DOCTOR_OPTIONS,
    plan: optionalText({
      doc: 'Plan file of the run, - is stdin: say first what it needs by measured figures. The other options go before it.',
    }),
    ...JSON_OPTION,
  },
  async run({ options: { json, plan, ...options }, given: named, io }) {
    using interruption = new Interruption(io)
    const { signal } = interruption
    const planned = plan === undefined ? undefined : await examineWith({ plan, options, named, io, signal })
    const examination = planned ?? (await examineMachine({ options, signal }))
    if (json) print(io, JSON.stringify(examination))
    else {
      for (const line of planned ? needLines(planned) : []) print(io, line)
      for (const result of examination.checks) for (const line of resultLines(io, result)) print(io, line)
      print(io, `\n${conclusion(examination)}`)
    }
    return examination.verdict === 'problem' ? EXIT.failed : undefined
  },
})

export const commands: readonly [AnyCommand] = [doctor]
