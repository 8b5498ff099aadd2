import type { Connections, RunStatements } from '@capfkit/server'
import { FleetError } from '../errors.ts'

/** The lease ran out, and somebody else has the phones: what was not written is done again. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** A transaction that may be given up for a reason of ours. @throws that reason; ServerError a `STORE_*` code. */
export const ownTransaction = async <T>(connections: Connections, work: (run: RunStatements) => Promise<T>): Promise<T> => {
  let reason: LeaseLost | FleetError | undefined
  try {
    return await connections.transaction(async run => {
      try {
        return await work(run)
      } catch (error) {
        if (error instanceof LeaseLost || error instanceof FleetError) reason = error
        throw error
      }
    })
  } catch (error) {
    throw reason ?? error
  }
}
