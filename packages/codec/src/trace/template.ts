/** A line with places, `Enrollment rv = {number} ({name})`, taken apart: what stands between the places, and their names. */
export type Template = {
  /** One more than there are places; the first and the last one may be empty. */
  readonly pieces: readonly string[]
  readonly places: readonly string[]
}

/** Two places have something between them, or nobody could tell where the first one ends. */
export const parseTemplate = (text: string): Template => {
  const parts = text.split(/\{(\w+)\}/)
  return { pieces: parts.filter((_, index) => index % 2 === 0), places: parts.filter((_, index) => index % 2 === 1) }
}

/** Where the value of a place stands: from, and up to but not including. */
export type Span = readonly [start: number, end: number]

/**
 * Find the pieces one after the other, wherever the first one stands; the value of a place reaches to where the next piece comes
 * first. One pass, so that a hostile line costs no more than any other.
 */
export const findTemplate = ({ pieces }: Template, text: string): Span[] | undefined => {
  const [first = '', ...others] = pieces
  const found = text.indexOf(first)
  if (found < 0) return undefined
  const spans: Span[] = []
  let at = found + first.length
  for (const [index, piece] of others.entries()) {
    const isLast = index === others.length - 1 && piece === ''
    const end = isLast ? text.length : text.indexOf(piece, at)
    if (end < 0) return undefined
    spans.push([at, end])
    at = end + piece.length
  }
  return spans
}

/** What a line has in the places of a template; `undefined` when it is not a line of it. */
export const matchTemplate = (template: Template, text: string): Record<string, string> | undefined => {
  const spans = findTemplate(template, text)
  return spans && Object.fromEntries(spans.map(([start, end], index) => [template.places[index]!, text.slice(start, end)]))
}
