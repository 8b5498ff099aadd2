/** What is left of a line when everything is taken off that a bad scan gets wrong. */
export type Skeleton = {
  readonly text: string
  /** Where each letter of it stood. */
  readonly at: readonly number[]
}

/** Blanks and thin strokes come and go, as do brackets, dots and lines. */
const LOST = /[\s\p{Cc}il1|!'"[\].,:;_`-]/iu

/** Letters that scans take for one another: `m` for `n`, `O` and `Q` for `0`, `S` for `5`, `G` for `C`; `d` for `cl`, whose `l` is lost. */
const TAKEN_FOR: Readonly<Record<string, string>> = { m: 'n', '0': 'o', q: 'o', '5': 's', g: 'c', d: 'c' }

export const skeletonOf = (line: string): Skeleton => {
  let text = ''
  const at: number[] = []
  for (let index = 0; index < line.length; index++) {
    const letter = line[index]!.toLowerCase()
    if (LOST.test(letter)) continue
    text += TAKEN_FOR[letter] ?? letter
    at.push(index)
  }
  return { text, at }
}

/** Digits out of what a scan made of them: `O` and `Q` for 0, `l` and `I` for 1. */
export const repairNumber = (text: string): string => text.replace(/\s/g, '').replace(/[OQo]/g, '0').replace(/[lI]/g, '1')

/** A constant, `EST_ERR_SSL_READ`: its lines are often lost, and small letters behind it are of the next word. */
export const repairConstant = (text: string): string =>
  (/[A-Z][A-Z0-9_ ]*/.exec(text)?.[0] ?? '').trim().replace(/ +/g, '_').replace(/_{2,}/g, '_')

/** The name of a phone, SEP and 12 hexadecimal digits; `O0` is one zero seen twice. */
export const repairDevice = (text: string): string | undefined =>
  /SEP[0-9A-F]{12}/.exec(text.replace(/\s/g, '').replace(/O0/g, '0').replace(/O/g, '0'))?.[0]
