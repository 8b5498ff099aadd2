/** Between bars a bar is escaped, a line end would end the row, and `<model>` would be taken for HTML. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/g, ' ').trim()

/** A table, one line a row. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(row => `| ${row.map(cell).join(' | ')} |`).join('\n')

export const code = (text: string | number): string => `\`${text}\``

export const GENERATED = '<!-- Made by pnpm run docs from the tables of the code. Change the tables, not this page. -->'

/** A whole page: paragraphs and tables with an empty line between them. */
export const page = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`

/** Put tables between `<!-- generated: NAME -->` and `<!-- /generated -->`. Each must have its place. */
export const fill = (text: string, tables: Readonly<Record<string, string>>): string => {
  let filled = text
  for (const [name, made] of Object.entries(tables)) {
    const [start, end] = [`<!-- generated: ${name} -->`, '<!-- /generated -->']
    const from = filled.indexOf(start)
    const to = filled.indexOf(end, from)
    if (from === -1 || to === -1) throw new Error(`the page has no place for "${name}": ${start} … ${end}`)
    filled = `${filled.slice(0, from)}${start}\n${made}\n${filled.slice(to)}`
  }
  return filled
}
