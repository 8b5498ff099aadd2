import { encode, type Message, REASON } from '@capfkit/codec/capf'
import { oneOf } from '@capfkit/codec/options'
import { garbage, lyingLength, oversize, sessionIdOf, truncated, withSessionId, withUnknownElement } from './frames.ts'
import type { Outcome } from './outcome.ts'
import { bytesRow, IN_ANSWER, PATIENCE } from './parameters.ts'
import { type Frame, faultRow, type Play } from './play.ts'
import { LAST_ANSWERS, type Step } from './step.ts'

/** Other bytes than those of the message. */
const writing = (at: Step, change: (bytes: Buffer) => Buffer | readonly Buffer[]): Play => ({
  kind: 'step',
  at,
  move: frame => ({ do: 'write', frames: [change((frame as Frame).bytes)].flat() }),
})

/** A server need not listen any more when it has heard the last answer. */
const unlessLast = ({ at }: { at: Step }): readonly Outcome[] =>
  LAST_ANSWERS.includes(at) ? ['refused', 'closed', 'done'] : ['refused', 'closed']
const refused = (): readonly Outcome[] => ['refused', 'closed']

/** Messages that are true at another moment. */
const MISPLACED = {
  STORE_CERTIFICATE_RESPONSE: { reason: REASON.DONE },
  DELETE_CERTIFICATE_RESPONSE: { reason: REASON.DONE },
  FETCH_CERTIFICATE_RESPONSE: { reason: REASON.DONE },
} as const

/** What a phone may send instead of a message. */
export const MESSAGE_FAULTS = {
  oversize: faultRow({
    doc: 'Sends a message that is too long, although nothing else is wrong with it.',
    parameters: {
      ...IN_ANSWER,
      bytes: bytesRow({
        default: 65_535,
        min: 64,
        max: 65_535,
        doc: 'Length in its header: more than --max-frame-bytes of the server.',
      }),
      ...PATIENCE,
    },
    expected: refused,
    play: ({ parameters: { at, bytes } }) => writing(at, frame => oversize(frame, bytes)),
  }),
  'truncated-element': faultRow({
    doc: 'Sends a message whose last element says that it is longer than it is.',
    parameters: {
      ...IN_ANSWER,
      bytes: bytesRow({ default: 1, min: 1, max: 65_535, doc: 'How much is missing at its end, at most.' }),
      ...PATIENCE,
    },
    expected: refused,
    play: ({ parameters: { at, bytes } }) => writing(at, frame => truncated(frame, bytes)),
  }),
  'unknown-element': faultRow({
    doc: 'Adds an element that nobody knows. A server may ignore it, or be strict.',
    parameters: { ...IN_ANSWER, bytes: bytesRow({ default: 4, min: 0, max: 4096, doc: 'Length of its value.' }), ...PATIENCE },
    expected: () => ['done', 'idle', 'refused'],
    play: ({ parameters: { at, bytes } }) => writing(at, frame => withUnknownElement(frame, bytes)),
  }),
  'lying-length': faultRow({
    doc: 'Sends a message whose header lies about its length.',
    parameters: {
      ...IN_ANSWER,
      says: oneOf({
        default: 'less',
        values: ['less', 'more'],
        doc: 'Less than there is, or more: then the server waits for the rest.',
      }),
      bytes: bytesRow({ default: 1, min: 1, max: 65_535, doc: 'How much, at most.' }),
      ...PATIENCE,
    },
    expected: refused,
    play: ({ parameters: { at, says, bytes } }) => writing(at, frame => lyingLength(frame, says === 'more' ? bytes : -bytes)),
  }),
  garbage: faultRow({
    doc: 'Sends random bytes instead of a message.',
    parameters: { ...IN_ANSWER, bytes: bytesRow({ default: 64, min: 1, max: 65_535, doc: 'How many.' }), ...PATIENCE },
    expected: refused,
    play: ({ parameters: { at, bytes }, random }) => writing(at, () => garbage(bytes, random)),
  }),
  'duplicate-message': faultRow({
    doc: 'Sends a message twice.',
    parameters: { ...IN_ANSWER, ...PATIENCE },
    expected: unlessLast,
    play: ({ parameters: { at } }) => writing(at, frame => [frame, frame]),
  }),
  'misplaced-message': faultRow({
    doc: 'Sends a message that does not belong at this moment, instead of the one that does.',
    parameters: {
      at: oneOf({
        default: 'AUTH_RESPONSE',
        values: ['AUTH_RESPONSE', 'KEY_GENERATE_RESPONSE'],
        doc: 'The message that is missing.',
      }),
      sends: oneOf({
        default: 'STORE_CERTIFICATE_RESPONSE',
        values: Object.keys(MISPLACED) as (keyof typeof MISPLACED)[],
        doc: 'The one that comes.',
      }),
      ...PATIENCE,
    },
    expected: refused,
    play: ({ parameters: { at, sends } }) =>
      writing(at, frame => encode({ name: sends, sessionId: sessionIdOf(frame), ...MISPLACED[sends] } as Message)),
  }),
  'reused-session-id': faultRow({
    doc: 'Sends a message with the session id of its session before; a phone that had none makes one up.',
    parameters: { ...IN_ANSWER, ...PATIENCE },
    expected: refused,
    play: ({ parameters: { at }, earlierSessionId }) =>
      writing(at, frame => {
        const present = sessionIdOf(frame)
        return withSessionId(
          frame,
          earlierSessionId === undefined || earlierSessionId === present ? ~present >>> 0 : earlierSessionId,
        )
      }),
  }),
} as const
