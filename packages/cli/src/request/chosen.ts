import { flag, optionalText } from '@capfkit/codec/options'
import type { KeptRequest, RequestState, RequestStore } from '@capfkit/server'
import { MistakesError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'

export const LIKE_OPTION = {
  like: optionalText({ doc: 'Only devices with names like this, without case: % stands for any text, _ for one character.' }),
} as const

export const ALL_OPTION = { all: flag({ default: false, doc: 'All of them, whatever their device.' }) } as const

/** Device names on the command line, or `--all`. */
export type Choice = { readonly names: readonly string[]; readonly all: boolean; readonly states: readonly RequestState[] }

const collect = async (requests: AsyncIterable<KeptRequest>): Promise<KeptRequest[]> => {
  const found: KeptRequest[] = []
  for await (const request of requests) found.push(request)
  return found
}

/**
 * The requests of these devices, or all. They are read before anything is done with them.
 *
 * @throws {MistakesError} for neither or both, and for every device that has none.
 */
export const chosen = async (requests: RequestStore, { names, all, states }: Choice): Promise<KeptRequest[]> => {
  if (all === names.length > 0) throw new MistakesError(['name devices, or give --all (CLI_USAGE)'])
  if (all) return collect(requests.list({ states }))
  // Names may hold an underscore, which LIKE takes for any character.
  const ofName = async (name: string) =>
    (await collect(requests.list({ like: name, states }))).filter(
      ({ deviceName }) => deviceName.toLowerCase() === name.toLowerCase(),
    )
  const found = await Promise.all(names.map(ofName))
  const missing = names.filter((_, index) => found[index]?.length === 0)
  if (missing.length > 0)
    throw new MistakesError(
      missing.map(name => `${name}: there is none of this device in the store (CLI_DEVICE_UNKNOWN)`),
      EXIT.failed,
    )
  return found.flat()
}
