import { ELEMENTS, MESSAGES } from '../../packages/codec/src/capf/index.ts'
import { CERT_STATUSES, OP_STATUS } from '../../packages/server/src/index.ts'
import { type Step, TRANSITIONS } from '../../packages/server/src/machine.ts'
import { elementTable, messageTable } from './frame-tables.ts'
import { table } from './markdown.ts'

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
  messages: messageTable(MESSAGES),
  elements: elementTable(ELEMENTS),
  transitions: transitions(),
  statuses: statuses(),
})
