import type { LineReader, SourceKind, Witness } from './source-kind.ts'

/** A request of an IOS client, as a capture, a debug or an access log has it. */
const REQUEST = /\bGET \S*pkiclient\.exe\?operation=(\w+)/
const STATUS = /\bHTTP\/1\.[01]"? (\d{3})\b/

/** An answer that is further away belongs to another request. */
const NEAR_LINES = 40

const open = (witness: Witness): LineReader => {
  let asked: { operation: string; line: number } | undefined
  return {
    line(text, line) {
      const operation = REQUEST.exec(text)?.[1]
      if (operation !== undefined) asked = { operation, line }
      const status = STATUS.exec(text)?.[1]
      if (status === undefined || !asked) return
      if (status === '404' && asked.operation === 'GetNextCACert' && line - asked.line <= NEAR_LINES)
        witness.sight({ clue: 'pki.nextCaMissing', line, text, values: asked.operation ? { operation: asked.operation } : {} })
      asked = undefined
    },
  }
}

export const pkiHttp: SourceKind = {
  kind: 'pki-http',
  doc: 'requests to an IOS PKI server: debug, capture or access log',
  dating: 'time',
  recognises: line => REQUEST.test(line),
  open,
}
