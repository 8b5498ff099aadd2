/** As wide as a terminal is at least. */
const WIDTH = 80

/** Words in lines that fit; the first begins with the label, the others below it. */
export const paragraph = (label: string, { text, indent }: { text: string; indent: number }): string[] => {
  const lines = [label.padEnd(indent)]
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    const hasWords = line.length > indent
    if (hasWords && line.length + 1 + word.length > WIDTH) lines.push(' '.repeat(indent) + word)
    else lines[lines.length - 1] = `${line}${hasWords ? ' ' : ''}${word}`
  }
  return lines
}
