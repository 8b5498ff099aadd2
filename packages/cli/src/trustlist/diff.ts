import { type ParsedTrustList, parseTrustList, type RoleName } from '@capfkit/codec/tlv'
import {
  type Acceptance,
  acceptanceOf,
  diffHeaders,
  diffRecords,
  type FieldChange,
  RENEWAL_EFFECTS,
  type RecordChange,
} from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { type Io, painter, print } from '../io.ts'
import { plain } from '../screen-table.ts'
import { recordInWords } from '../signed-file/findings.ts'
import { inFile, readSigned } from '../signed-file/read.ts'

type Lists = { readonly before: ParsedTrustList; readonly after: ParsedTrustList }

const CAUSES = {
  'no-tvs': 'it has no TVS record, so they cannot ask anybody',
  'tvs-renewed': 'every TVS certificate that they know is gone, too, so they cannot ask anybody',
} as const

/** What becomes of phones that have the first list, in a sentence each. */
const VERDICTS: Readonly<Record<Acceptance['verdict'], (acceptance: Acceptance, lists: Lists) => string>> = {
  accepted: ({ signedBy = 0 }, { before }) =>
    `phones that have the first list take the second one: it is signed by its ${recordInWords(signedBy, before.records[signedBy - 1])}`,
  'on-faith': () => 'phones that have the first list, which has no records, take the second one on faith',
  'asks-tvs': (_, { after }) =>
    `phones that have the first list must ask TVS: they do not know who signed the second one, ${after.headers[0].signer.name}`,
  'locked-out': ({ cause = 'no-tvs' }, { after }) =>
    `phones that have the first list keep it: they do not know who signed the second one, ${after.headers[0].signer.name}, and ${CAUSES[cause]}; capf trustlist reset makes a list that they take, if theirs has the recovery certificate`,
  refused: () => 'phones refuse the second list: its signature does not fit the file',
}

const COLOURS = { accepted: 'green', 'on-faith': 'yellow', 'asks-tvs': 'yellow', 'locked-out': 'red', refused: 'red' } as const

const fieldInWords = ({ what, before, after }: FieldChange) => `${what} ${before} → ${after}`

const placesOf = ({ before, after }: RecordChange): string => {
  if (before === undefined || after === undefined) return `record ${before ?? after}`
  return before === after ? `record ${before}` : `record ${before} → ${after}`
}

const effectOf = ({ kind, role }: RecordChange): string | undefined =>
  kind === 'renewed' ? RENEWAL_EFFECTS[role as RoleName] : undefined

const WIDTH = 'rewritten  '.length

const tell = (io: Io, changes: { headers: readonly FieldChange[]; records: readonly RecordChange[] }): void => {
  const indent = ' '.repeat(WIDTH)
  for (const change of changes.headers) print(io, `${'header'.padEnd(WIDTH)}${plain(fieldInWords(change))}`)
  for (const change of changes.records) {
    const { kind, role, subjectName, fields } = change
    const who = [role, subjectName].filter(word => word !== undefined).join(', ')
    print(io, `${painter(io.stdout, io)('bold', kind.padEnd(WIDTH))}${plain(`${who}  (${placesOf(change)})`)}`)
    for (const field of fields) print(io, `${indent}${plain(fieldInWords(field))}`)
    const effect = effectOf(change)
    if (effect) print(io, `${indent}${effect}`)
  }
}

export const diff = command({
  name: 'diff',
  doc: 'Say what changed between two lists, and whether phones with the first take the second',
  details:
    '"renewed" is another certificate under the same name, "rewritten" the same certificate told otherwise. Exit code 1: phones that have the first list would not take the second one.',
  examples: [['trustlist diff before/ITLFile.tlv after/ITLFile.tlv', 'After a certificate was regenerated']],
  words: { before: { doc: 'The list that phones have.' }, after: { doc: 'The list that they are given.' } },
  options: JSON_OPTION,
  async run({ options: { json }, words, io }) {
    const [beforeBytes, afterBytes] = [await readSigned(words.before, io), await readSigned(words.after, io)]
    const lists: Lists = {
      before: inFile(words.before, () => parseTrustList(beforeBytes)),
      after: inFile(words.after, () => parseTrustList(afterBytes)),
    }
    const { before, after } = lists
    const changes = { headers: diffHeaders(before, after), records: diffRecords(before, after) }
    const acceptance = acceptanceOf(beforeBytes, afterBytes)
    const { verdict } = acceptance
    const sentence = plain(VERDICTS[verdict](acceptance, lists))
    if (json) {
      const records = changes.records.map(change => ({ ...change, effect: effectOf(change) }))
      const { headers } = changes
      print(
        io,
        JSON.stringify({
          version: 1,
          before: words.before,
          after: words.after,
          headers,
          records,
          phones: { ...acceptance, sentence },
        }),
      )
    } else {
      tell(io, changes)
      if (changes.records.length === 0) print(io, 'the records are the same')
      print(io, `${painter(io.stdout, io)(COLOURS[verdict], verdict)}: ${sentence}`)
    }
    return verdict === 'locked-out' || verdict === 'refused' ? EXIT.failed : undefined
  },
})
