import { join } from 'node:path'
import { writePrivateFile } from '@capfkit/pki'
import { formatCsvPhones, readCsvPhones } from '../csv-phones.ts'
import type { FleetOptions } from '../options.ts'
import { randomOf } from '../random.ts'
import { newTemporaryFolder } from '../temporary-folder.ts'
import { readJsonlPhones } from './jsonl-phones.ts'
import type { ListedPhone } from './phone-row.ts'
import { readStorePhones } from './store-phones.ts'

/** More phones than this are in no run. */
const MOST_PHONES = 10_000_000

const listed = async ({ csv, jsonl, storePhones, store }: FleetOptions): Promise<ListedPhone[] | undefined> => {
  if (csv !== undefined) return readCsvPhones(csv)
  if (jsonl !== undefined) return readJsonlPhones(jsonl)
  return storePhones && store !== undefined ? readStorePhones(store, { most: MOST_PHONES }) : undefined
}

/** Each phone once, in an order of the seed. */
const shuffled = (phones: readonly ListedPhone[], seed: number): ListedPhone[] => {
  // Those of phases are of index 0.
  const random = randomOf({ seed, index: 1, purpose: 'order' })
  const all = [...phones]
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const phone = all[last]!
    all[last] = all[other]!
    all[other] = phone
  }
  return all
}

/**
 * The options of a run whose phones come from a list of any kind, in any order: as one CSV, which every process reads. It is a file of
 * our own (mode 0600), gone at the end, where the list is not such a CSV already.
 *
 * @throws {OptionError} that lists every bad line.
 */
export const withPhonesFile = async (options: FleetOptions, stack: AsyncDisposableStack): Promise<FleetOptions> => {
  const { csv, dataOrder, dataRows, seed } = options
  if (csv !== undefined && dataOrder === 'sequential' && dataRows === 0) return options
  const all = await listed(options)
  if (!all) return options
  const ordered = dataOrder === 'random' ? shuffled(all, seed) : all
  const phones = dataRows > 0 ? ordered.slice(0, dataRows) : ordered
  const file = join(stack.use(await newTemporaryFolder()).path, 'phones.csv')
  await writePrivateFile({ file, data: formatCsvPhones(phones) })
  return { ...options, csv: file, jsonl: undefined, storePhones: false, dataOrder: 'sequential', dataRows: 0 }
}
