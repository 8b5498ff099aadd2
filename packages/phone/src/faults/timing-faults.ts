import { int } from '@capfkit/codec/options'
import { AT_STEP, bytesRow, PATIENCE } from './parameters.ts'
import { faultRow, type Move, type Play } from './play.ts'
import { LAST_ANSWERS, type Step } from './step.ts'

const at = ({ at, when }: { at: Step; when: 'before' | 'after' }, move: Move): Play => ({
  kind: 'step',
  at,
  after: when === 'after',
  move: () => move,
})

/** What a phone may do about time, and about the connection itself. */
export const TIMING_FAULTS = {
  stall: faultRow({
    doc: 'Says nothing for a while, and then goes on.',
    parameters: {
      ...AT_STEP,
      ms: int({ default: 5000, min: 1, max: 86_400_000, unit: 'ms', doc: 'For how long. A server gives up at its time-out.' }),
      ...PATIENCE,
    },
    expected: () => ['done', 'idle', 'refused', 'closed'],
    play: ({ parameters }) => at(parameters, { do: 'stall', ms: parameters.ms }),
  }),
  'go-silent': faultRow({
    doc: 'Is gone without a word, as when its power fails: neither FIN nor RST, and nothing is read any more.',
    parameters: { ...AT_STEP, ...PATIENCE },
    expected: () => ['closed'],
    play: ({ parameters }) => at(parameters, { do: 'silence' }),
  }),
  reset: faultRow({
    doc: 'Breaks the connection with RST.',
    parameters: { ...AT_STEP, ...PATIENCE },
    expected: () => ['cut'],
    play: ({ parameters }) => at(parameters, { do: 'reset' }),
  }),
  'hang-up': faultRow({
    doc: 'Closes its side of the connection in order, with FIN, in the middle of the session.',
    parameters: { ...AT_STEP, ...PATIENCE },
    expected: ({ at, when }) =>
      LAST_ANSWERS.includes(at) && when === 'after' ? ['refused', 'closed', 'done'] : ['refused', 'closed'],
    play: ({ parameters }) => at(parameters, { do: 'end' }),
  }),
  'tiny-segments': faultRow({
    doc: 'Sends everything, TLS included, one byte a TCP segment. A server takes it like any other [CAPF-1.4].',
    parameters: { bytes: bytesRow({ default: 1, min: 1, max: 1000, doc: 'Bytes in a segment.' }), ...PATIENCE },
    expected: () => ['done', 'idle'],
    play: ({ parameters }) => ({ kind: 'segments', bytes: parameters.bytes }),
  }),
  'clock-skew': faultRow({
    doc: 'Looks at its clock before it takes an LSC, and the clock is wrong: an LSC that is not valid by it is refused. That phones look is inferred.',
    parameters: {
      skewMs: int({
        default: -7_200_000,
        min: -3_153_600_000_000,
        max: 3_153_600_000_000,
        unit: 'ms',
        doc: 'How much later than the true time it shows; less than 0 is earlier. A server dates LSCs back: --backdate-ms.',
      }),
      ...PATIENCE,
    },
    expected: () => ['done', 'idle', 'refused'],
    play: ({ parameters }) => ({ kind: 'clock', skewMs: parameters.skewMs }),
  }),
} as const
