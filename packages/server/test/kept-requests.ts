import type { KeptRequest, RequestStore } from '../src/store/requests.ts'

/** Every request of a store, the oldest first. */
export const keptIn = async (requests: RequestStore): Promise<KeptRequest[]> => {
  const found: KeptRequest[] = []
  for await (const kept of requests.list()) found.push(kept)
  return found
}
