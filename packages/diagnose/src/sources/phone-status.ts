import { MODELS, type PhoneModel, STATUS_MESSAGES } from '@capfkit/phone'
import { ClueTable } from '../text/clue-table.ts'
import { NamedLater } from './named-later.ts'
import type { LineReader, SourceKind, Witness } from './source-kind.ts'

const { NO_TRUST_LIST, TRUST_LIST_FAILED, DNS_UNKNOWN, NO_CAPF_SERVER, LSC_CONNECTION_FAILED, LSC_FAILED } = STATUS_MESSAGES
const CLUES = new ClueTable({ NO_TRUST_LIST, TRUST_LIST_FAILED, DNS_UNKNOWN, NO_CAPF_SERVER, LSC_CONNECTION_FAILED, LSC_FAILED })

/** `[14:05:42 03/15/21] text`: the month first. */
const MESSAGE = /^\s*\[(\d\d):(\d\d):(\d\d) (\d\d)\/(\d\d)\/(\d\d)\] (.*)$/
/** `Cisco IP Phone CP-8845 (SEP682C7B5C2342)`, the title of the page. */
const TITLE = /^\s*Cisco (?:Unified )?IP Phone (\S+) \((\w+)\)/

const CENTURY = 2000

/** Models that never ask for an ITL, by the product id of their certificates. */
const WITHOUT_ITL: readonly string[] = Object.values(MODELS).flatMap(({ product, trustLists }: PhoneModel) =>
  product === undefined || trustLists.includes('ITL') ? [] : [product],
)

/** `CP-7960G` is a `CP-7960`. */
export const lacksSecurityByDefault = (product: string): boolean =>
  WITHOUT_ITL.some(name => product.replace(/G$/, '') === name.replace(/G$/, ''))

const open = (witness: Witness): LineReader => {
  const phone = new NamedLater(witness)
  return {
    line(text, line) {
      const [, product = '', titled] = TITLE.exec(text) ?? []
      if (titled !== undefined) {
        phone.name(titled)
        if (lacksSecurityByDefault(product)) phone.sight({ clue: 'phone.withoutItl', line, text, values: { product } })
        return
      }
      const [, hour, minute, second, month, day, year, words] = MESSAGE.exec(text) ?? []
      if (words === undefined) return
      phone.hear(words)
      const at = Date.UTC(CENTURY + Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
      const told = CLUES.read(words)
      if (!told) return
      phone.sight({ clue: `status.${told.name}`, line, text, at, values: told.values })
      if (told.name.startsWith('LSC_')) phone.anchor({ key: 'failure', at })
    },
    end: () => phone.end(),
  }
}

export const phoneStatus: SourceKind = {
  kind: 'phone-status',
  doc: 'status messages of a phone',
  dating: 'full',
  isWholeSeconds: true,
  recognises: line => MESSAGE.test(line) || TITLE.test(line),
  between: / +(?=\[\d\d:\d\d:\d\d \d\d\/\d\d\/\d\d\] )/,
  open,
}
