import { escaped } from '@capfkit/codec/markup'

export { escaped }

/** A value for a script element of type `application/json`: nothing in it can end the element. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A table of texts; columns after the first `texts` are numbers. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[], { texts = 1 } = {}): string => {
  const cells = (tag: 'th' | 'td', row: readonly string[]) =>
    row.map((cell, index) => `<${tag}${index >= texts ? ' class="n"' : ''}>${escaped(cell)}</${tag}>`).join('')
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map(row => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table>`
}

/** A number as people read it. */
export const figure = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 100) / 100)
