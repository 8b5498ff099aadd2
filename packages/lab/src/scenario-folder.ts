import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EVIDENCE, type Evidence } from './scenario-evidence.ts'

/** What came after the cure is in here. */
export const AFTER = 'after'

/** Both are in every folder of evidence, and in few others. */
const ALWAYS = ['show_itl.txt', 'device.csv']

const isEvidence = (file: string): boolean => Object.values(EVIDENCE).some(({ named }) => named.test(file))

/** Take the evidence of another run away: that of two failures in one folder would mislead. Anything else stays. */
export const clearEvidence = async (folder: string): Promise<void> => {
  const files = await readdir(folder).catch((): string[] => [])
  if (!ALWAYS.every(file => files.includes(file))) return
  for (const file of files.filter(isEvidence)) await rm(join(folder, file))
  await clearEvidence(join(folder, AFTER))
}

/** Write it down; the folder is made when missing. */
export const writeEvidence = async (folder: string, evidence: Evidence): Promise<void> => {
  await mkdir(folder, { recursive: true })
  for (const { file, text } of Object.values(evidence).flat()) await writeFile(join(folder, file), text)
}
