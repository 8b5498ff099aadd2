import type { LineReader, SourceKind, Witness } from './source-kind.ts'

/** The form of the product's list is not public; this is that of capfkit. */
const ROW = /^(\S{1,128}) serial ([0-9a-f]+) until \S+/
const COMMAND = /\bcapf stale-lsc list\b/

const open = (witness: Witness): LineReader => ({
  line(text, line) {
    const [, device, serial = ''] = ROW.exec(text) ?? []
    if (device !== undefined) witness.sight({ clue: 'staleLsc.listed', line, text, device, values: { serial } })
  },
})

export const staleLscList: SourceKind = {
  kind: 'stale-lsc-list',
  doc: 'output of utils capf stale-lsc list',
  dating: 'time',
  recognises: line => ROW.test(line) || COMMAND.test(line),
  open,
}
