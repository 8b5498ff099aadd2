import type { LineReader, SourceKind, Witness } from './source-kind.ts'

/** Errors of capfkit end in their code: `… (CA_NAME_RESERVED)`. */
const MESSAGE = /\(([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\)\s*$/

const open = (witness: Witness): LineReader => ({
  line(text, line) {
    const code = MESSAGE.exec(text)?.[1]
    if (code !== undefined) witness.sight({ clue: 'message', line, text, values: { code } })
  },
})

export const capfkitMessages: SourceKind = {
  kind: 'capfkit-messages',
  doc: 'what capfkit itself says when it cannot start',
  dating: 'time',
  recognises: line => MESSAGE.test(line),
  open,
}
