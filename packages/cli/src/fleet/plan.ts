import { flag, formatTime, parseOptions } from '@capfkit/codec/options'
import { describePlan, FLEET_OPTIONS, type PlanDescription, planSchema } from '@capfkit/fleet'
import { command, JSON_OPTION } from '../command.ts'
import { CliError } from '../errors.ts'
import { type Io, painter, print } from '../io.ts'
import { plain, screenTable } from '../screen-table.ts'
import { loadPlan } from './plan-file.ts'

const ACTIONS = ['check'] as const

const show = (io: Io, file: string, { title, phones, phases, thresholds }: PlanDescription): void => {
  print(io, `${painter(io.stdout, io)('green', 'OK')}  ${plain(file)}${title === undefined ? '' : `: ${plain(title)}`}`)
  print(
    io,
    screenTable(io, {
      head: ['PHASE', 'OPERATIONS', 'PHONES', 'ARRIVALS', 'SESSIONS', 'LASTS'],
      rows: phases.map(({ name, operations, participants, arrivals, sessions, forMs }) => [
        name,
        operations,
        `${participants} of ${phones}`,
        arrivals,
        sessions === undefined ? 'as it comes' : String(sessions),
        forMs === undefined ? 'until done' : formatTime(forMs),
      ]),
    }),
  )
  for (const threshold of thresholds) print(io, plain(`threshold: ${threshold}`))
}

export const plan = command({
  name: 'plan',
  doc: 'Check a plan file, or print the JSON Schema of plans',
  details:
    'capf fleet plan check FILE says everything that is wrong, with line and column, or else what the plan will do. The schema makes editors complete and check plans as they are written.',
  examples: [
    ['fleet plan check storm.yaml', 'Is the plan right, and what does it do?'],
    ['fleet plan --schema', 'The JSON Schema, for an editor'],
  ],
  words: {
    action: { doc: 'check', optional: true },
    file: { doc: 'The plan file; - is stdin.', optional: true },
  },
  options: { schema: flag({ default: false, doc: 'Print the JSON Schema of plan files.' }), ...JSON_OPTION },
  async run({ options: { schema, json }, words: { action, file }, io }) {
    if (schema) {
      print(io, JSON.stringify(planSchema(), undefined, 2))
      return undefined
    }
    if (!ACTIONS.some(known => known === action) || file === undefined)
      throw new CliError('CLI_USAGE', { remedy: 'the command is: capf fleet plan check FILE, or capf fleet plan --schema' })
    const { title, options: stated, plan: planned } = await loadPlan(file, { io })
    const about = await describePlan({ title, options: parseOptions(FLEET_OPTIONS, stated), plan: planned })
    if (json) print(io, JSON.stringify(about))
    else show(io, file, about)
    return undefined
  },
})
