import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Diagnosis, diagnose } from '@capfkit/diagnose'

/** Text of files by their names. */
export type Texts = ReadonlyMap<string, string>

/** The files of a folder, without the folders in it; none where there is no such folder. */
export const textsOf = (folder: string): Texts =>
  new Map(
    (existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [])
      .filter(entry => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(folder, name), 'utf8')]),
  )

export const changed = (texts: Texts, change: (text: string, file: string) => string): Texts =>
  new Map([...texts].map(([file, text]) => [file, change(text, file)]))

export const diagnosed = (texts: Texts): Promise<Diagnosis> =>
  diagnose(
    [...texts].map(([name, text]) => ({
      name,
      async *chunks() {
        yield Buffer.from(text)
      },
    })),
  )

/** Different names of findings, in their order. */
export const namesIn = ({ findings }: Diagnosis): string[] => [...new Set(findings.map(({ name }) => name))]

/** Both on one publisher: files of one name are one file, and the phones of the second are others. */
export const together = (first: Texts, second: Texts): Texts => {
  const merged = new Map(first)
  for (const [file, text] of second) {
    const name = otherPhones(file)
    merged.set(name, `${merged.get(name) ?? ''}${otherPhones(text)}`)
  }
  return merged
}

const otherPhones = (text: string) => text.replaceAll('SEP0200000', 'SEP0A00000')

/** Numbers from 0 to 1 that are the same for a seed. */
export const randomOf = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const pad = (value: number) => String(value).padStart(2, '0')

/** Every time of day of a text, later by some minutes; what would cross midnight stays in its day. */
export const shifted = (text: string, minutes: number): string =>
  text.replace(/\b([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?=[. ])/g, (_, hours, minute, seconds) => {
    const sum = (Number(hours) * 60 + Number(minute) + minutes + 1_440) % 1_440
    return `${pad(Math.floor(sum / 60))}:${pad(sum % 60)}:${seconds}`
  })
