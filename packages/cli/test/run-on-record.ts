import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { RunReader } from '@capfkit/codec/run'

const operations = (file: string): number =>
  new RunReader(file).push(readFileSync(file)).filter(({ kind }) => kind === 'operation').length

/** Until an operation of the run that records in this folder has ended and is on record there. */
export const operationOnRecord = async (folder: string): Promise<void> => {
  const parts = () => (existsSync(folder) ? readdirSync(folder).filter(name => name.startsWith('part-')) : [])
  while (!parts().some(name => operations(join(folder, name)) > 0)) await delay(20)
}
