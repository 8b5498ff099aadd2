/** How many letters must be changed, added, left out or swapped to turn one word into the other. */
const distance = (a: string, b: string): number => {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + Number(a[i - 1] !== b[j - 1])
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : changed
      next.push(Math.min(changed, swapped, row[j]! + 1, next[j - 1]! + 1))
    }
    before = row
    row = next
  }
  return row[b.length]!
}

/** No name is longer; comparing costs the product of the lengths. */
const LONGEST = 100

/** The name that was probably meant; `undefined` when none is near. */
export const nearest = (word: string, names: readonly string[]): string | undefined => {
  if (word.length > LONGEST) return undefined
  const ranked = names
    .map(name => ({
      name,
      away:
        name.toLowerCase().startsWith(word.toLowerCase()) && word.length > 2 ? 1 : distance(word.toLowerCase(), name.toLowerCase()),
    }))
    .sort((a, b) => a.away - b.away)
  const [best] = ranked
  return best && best.away <= Math.max(1, Math.floor(word.length / 3)) ? best.name : undefined
}
