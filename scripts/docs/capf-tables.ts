import { ELEMENTS, MESSAGES, type MessageLayout } from '../../packages/codec/src/capf/index.ts'
import { CERT_STATUSES, OP_STATUS } from '../../packages/server/src/index.ts'
import { type Step, TRANSITIONS } from '../../packages/server/src/machine.ts'
import { code, table } from './markdown.ts'

const listed = (names: readonly string[]) => (names.length > 0 ? names.join(', ') : '–')

const messages = (): string =>
  table(
    ['command', 'message', 'from', 'required', 'optional', 'payload'],
    Object.entries<MessageLayout>(MESSAGES).map(([name, { command, from, required, optional, payload }]) => [
      String(command),
      name,
      from,
      payload === 'unknown' ? '' : listed(required),
      payload === 'unknown' ? '' : listed(optional),
      payload ?? '',
    ]),
  )

type ElementRow = { tag: number; key: string; codec: { layout: string }; ours?: true; doc: string }

const elements = (): string =>
  table(
    ['tag', 'element', 'layout', 'what it holds', 'in code'],
    Object.entries<ElementRow>(ELEMENTS).map(([name, { tag, key, codec, doc, ours }]) => [
      String(tag),
      name,
      codec.layout,
      ours ? `${doc} (*ours*)` : doc,
      code(key),
    ]),
  )

const transitions = (): string =>
  table(
    ['state', 'event', 'next state', 'action', 'status', 'REASON', 'order'],
    Object.entries<Readonly<Record<string, Step>>>(TRANSITIONS).flatMap(([state, events]) =>
      Object.entries(events).map(([event, step]) => [
        state,
        event,
        step.to,
        step.do,
        step.status ?? '',
        step.reason === undefined ? '' : String(step.reason),
        step.fulfils ? 'fulfilled' : '',
      ]),
    ),
  )

const OPERATIONS = ['install', 'delete', 'troubleshoot'] as const

const statuses = (): string =>
  table(
    ['number', 'text', 'in the trace', 'given by'],
    CERT_STATUSES.flatMap(({ text, name }, number) => {
      const givers = Object.entries(OP_STATUS).flatMap(([status, numbers]) =>
        OPERATIONS.filter(operation => numbers[operation] === number).map(operation => `${operation}: ${status}`),
      )
      return number === 0 ? [] : [[String(number), text, name, givers.join(', ')]]
    }),
  )

/** The parts of docs/protocol/capf.md that are tables in the code. */
export const capfTables = (): Readonly<Record<string, string>> => ({
  messages: messages(),
  elements: elements(),
  transitions: transitions(),
  statuses: statuses(),
})
