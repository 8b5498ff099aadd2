import { optionalText } from '@capfkit/codec/options'
import { type Replay, type ReplayedTurn, replayPhone } from '@capfkit/fleet'
import { formatKeySpec } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Interruption } from '../interruption.ts'
import { type Io, note, painter, print } from '../io.ts'
import { required } from '../required.ts'
import { plain, screenTable } from '../screen-table.ts'

type Operation = ReplayedTurn['played']['operation']
type Frame = ReplayedTurn['played']['frames'][number]

const ms = (value: number | undefined) => (value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toFixed(1))

const outcome = ({ failure, operation, totalMs }: Operation): string => {
  const after = `after ${ms(totalMs)} ms`
  if (!failure) return `${operation} done ${after}`
  const { reason, side, phase, detail } = failure
  return `failed ${after}: ${reason} (${side}, in phase ${phase})${detail === '' ? '' : `: ${detail}`}`
}

/** How long each phase took, side by side. */
const phaseRows = (recorded: Operation | undefined, now: Operation): string[][] => {
  const names = [...new Set([...(recorded?.stretches ?? []), ...now.stretches].map(({ name }) => name))]
  const of = (operation: Operation | undefined, name: string) => ms(operation?.stretches.find(stretch => stretch.name === name)?.ms)
  return [...names.map(name => [name, of(recorded, name), of(now, name)]), ['total', ms(recorded?.totalMs), ms(now.totalMs)]]
}

const frameLines = (frames: readonly Frame[]): string[] =>
  frames.flatMap(({ from, atMs, name, bytes, elements }) => [
    `  ${ms(atMs).padStart(8)} ms  ${from === 'server' ? 'S>C' : 'C>S'} ${name}, ${bytes} bytes`,
    ...elements.map(element => `                  ${element.name} ${element.value}`),
  ])

const showFrames = (io: Io, { title, frames }: { title: string; frames: readonly Frame[] }): void => {
  print(io, title)
  for (const line of frameLines(frames)) print(io, plain(line))
}

const showTurn = (io: Io, { phase, phaseName, lap, dueMs, recorded, played, differences }: ReplayedTurn): void => {
  const paint = painter(io.stdout, io)
  const again = lap === 0 ? '' : `, turn ${lap + 1}`
  print(io, paint('bold', plain(`phase ${phase + 1}, ${phaseName}${again}; due ${ms(dueMs)} ms after its beginning`)))
  print(io, plain(`recorded  ${recorded ? outcome(recorded) : 'nothing'}`))
  print(io, plain(`now       ${outcome(played.operation)}`))
  print(io, screenTable(io, { head: ['PHASE', 'RECORDED, MS', 'NOW, MS'], rows: phaseRows(recorded, played.operation) }))
  if (recorded?.failure && recorded.failure.frames.length > 0)
    showFrames(io, { title: 'what went over the wire then', frames: recorded.failure.frames })
  showFrames(io, { title: 'what went over the wire now', frames: played.frames })
  if (!recorded) print(io, paint('yellow', 'there is no record to compare with'))
  else if (differences.length === 0) print(io, paint('green', 'it went as it is on record'))
  for (const { what, recorded: before, now } of differences)
    print(io, paint('red', plain(`${what}: ${before} on record, ${now} now`)))
  print(io, '')
}

const headLine = ({ seed, identity }: Pick<Replay, 'seed' | 'identity'>): string => {
  const { deviceName, model, authMode, key } = identity
  return `${deviceName}: model ${model}, authentication ${authMode}, key ${formatKeySpec(key)}, seed ${seed}`
}

export const replay = command({
  name: 'replay',
  doc: 'Play one phone of a recorded run again, and say where it goes otherwise',
  details:
    'Everything that the seed of the run decided is as it was: identity, authentication, operations, key, delays, faults; what other phones did at the same time is not repeated. The phone meets the server of the run, or a new embedded one where the run had one. Exit code 1 when something goes otherwise than it is on record.',
  examples: [['fleet replay --run results --phone SEP020000000007', 'Look at one phone that failed']],
  options: {
    run: optionalText({ doc: 'The folder of the run.' }),
    phone: optionalText({ doc: 'The device name of the phone.' }),
    store: optionalText({
      doc: 'The database of the run with its password, where it has one and PGPASSWORD is not set: a run does not keep the password.',
    }),
    ...JSON_OPTION,
  },
  async run({ options: { json, ...options }, io }) {
    const { run, phone } = required(options, { run: '--run', phone: '--phone' })
    using interruption = new Interruption(io)
    const played = await replayPhone({ folder: run, deviceName: phone, store: options.store, signal: interruption.signal })
    if (json) print(io, JSON.stringify(played))
    else {
      print(io, plain(headLine(played)))
      for (const turn of played.turns) showTurn(io, turn)
      if (played.turns.length === 0) note(io, `${phone} takes part in no phase of this run`)
    }
    return played.turns.some(({ differences }) => differences.length > 0) ? EXIT.failed : undefined
  },
})
