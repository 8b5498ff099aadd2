import { FIGURES, NEEDS } from '../../packages/fleet/src/index.ts'
import { code, table } from './markdown.ts'

/** A command of the checkout, or where else a figure comes from. */
const source = (text: string) => (text.startsWith('pnpm ') ? code(text) : text)

/** What docs/scale.md shows of the code. */
export const scaleTables = (): Readonly<Record<string, string>> => ({
  figures: table(
    ['figure', 'value', 'what', 'measured by'],
    Object.entries(FIGURES).map(([name, { value, unit, doc, source: from }]) => [
      code(name),
      `${value.toLocaleString('en')} ${unit}`,
      doc,
      source(from),
    ]),
  ),
  needs: table(
    ['need', 'what', 'arithmetic'],
    Object.entries(NEEDS).map(([name, { doc, how }]) => [code(name), doc, how]),
  ),
})
