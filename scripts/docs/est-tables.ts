import { NODE_ERRORS } from '../../packages/est/src/client/node-errors.ts'
import { EST_ERRORS, LIBEST_LINES, LIBEST_RELEASES, OPERATIONS, PROFILES, REFUSALS } from '../../packages/est/src/index.ts'
import type { Operation } from '../../packages/est/src/wire/operations.ts'
import { code, table } from './markdown.ts'

const yes = (is: boolean | undefined) => (is ? 'yes' : '')

const operations = (): string =>
  table(
    ['operation', 'method', 'request', 'answer', 'optional', 'log-in'],
    Object.entries<Operation>(OPERATIONS).map(([name, { method, body, answer, optional, authenticated }]) => [
      code(name),
      method,
      body ?? '–',
      answer,
      yes(optional),
      yes(authenticated),
    ]),
  )

const LAYOUTS = { oneLine: 'one line', lines64: '64 columns, LF' } as const

const profiles = (): string =>
  table(
    ['profile', 'base64', 'other layout for known clients', 'type of cacerts', 'Status header', 'statuses', 'Digest'],
    Object.entries(PROFILES).map(([name, { base64, detectsClients, bareCaCerts, statusHeader, statuses, digests }]) => [
      code(name),
      LAYOUTS[base64],
      yes(detectsClients),
      bareCaCerts ? 'without parameter' : 'with parameter',
      yes(statusHeader),
      statuses === 'http' ? 'as HTTP has them' : '400 for 405, 411 and 415',
      digests.join(', '),
    ]),
  )

const refusals = (): string =>
  table(
    ['name', 'status', 'libest', 'words'],
    Object.entries(REFUSALS).map(([name, row]) => [
      code(name),
      'libestStatus' in row ? `${row.status}, ${row.libestStatus}` : String(row.status),
      `EST_ERR_${row.libest}`,
      row.phrase,
    ]),
  )

const libest = (): string => {
  const releases = Object.values(LIBEST_RELEASES) as readonly (readonly string[])[]
  const longest = Math.max(...releases.map(({ length }) => length))
  const usedBy = (name: string | undefined) =>
    Object.entries(EST_ERRORS).flatMap(([ours, row]) => (row.libest === name ? [code(ours)] : []))
  return table(
    ['number', ...Object.keys(LIBEST_RELEASES), 'of capfkit'],
    Array.from({ length: longest }, (_, number) => {
      const names = releases.map(release => release[number])
      // A name that has moved is told once, where the older release has it.
      const ours = number < 55 || releases[0]![number] !== undefined ? usedBy(names[0]) : []
      return [String(number), ...names.map(name => (name === undefined ? '–' : `EST_ERR_${name}`)), ours.join(', ')]
    }),
  )
}

const node = (): string =>
  table(
    ['code', 'Node', 'libest', 'curl'],
    NODE_ERRORS.map(({ code: ours, node }) => {
      const row: { libest: string; curl?: number } = EST_ERRORS[ours]
      return [code(ours), node.map(code).join(', '), `EST_ERR_${row.libest}`, row.curl === undefined ? '' : String(row.curl)]
    }),
  )

const log = (): string =>
  table(
    ['level', 'function', 'text'],
    Object.values(LIBEST_LINES).map(({ level, by, sourceLine, text }) => [level, code(`${by}:${sourceLine}`), text]),
  )

/** By the name of their place on the page. */
export const estTables = (): Record<string, string> => ({
  operations: operations(),
  profiles: profiles(),
  refusals: refusals(),
  libest: libest(),
  node: node(),
  log: log(),
})
