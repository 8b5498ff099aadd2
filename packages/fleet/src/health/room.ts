import { statSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { Fullest } from '../client-messages.ts'
import { LINUX_FACTS } from '../doctor/linux.ts'
import { openFiles } from '../doctor/open-files.ts'
import { processesOnAddress } from '../source-addresses.ts'

/** What one process of a generator may use up, and how much of it is in use. */
export type Room = {
  /** At this moment. @param mostOnAddress  connections of this process, from the source address that has the most of them. */
  used(mostOnAddress: number): Fullest
}

/** Linux 6.2 and later say it without listing them; elsewhere, and before, it is not known. */
const filesOpen = (): number | undefined => statSync('/proc/self/fd', { throwIfNoEntry: false })?.size || undefined

/**
 * @param init.processes  that take from the same source ports.
 * @param init.addresses  source addresses, 0 for the one of the route.
 */
export const roomOf = async (init: { processes: number; addresses: number }): Promise<Room> => {
  const range = await LINUX_FACTS.sourcePorts()
  const ports = range && range.last - range.first + 1 - range.reserved
  const sharers = processesOnAddress(init)
  const mostFiles = openFiles()?.soft
  const memoryBytes = process.constrainedMemory() || totalmem()
  return {
    used: mostOnAddress => {
      const files = filesOpen()
      // Nothing at all: the system could not be asked, as when no file can be opened any more.
      const availableBytes = process.availableMemory()
      return {
        ...(ports ? { portsShare: (mostOnAddress * sharers) / ports } : {}),
        ...(mostFiles && files ? { openFilesShare: files / mostFiles } : {}),
        ...(availableBytes > 0 ? { memoryShare: 1 - availableBytes / Math.min(memoryBytes, totalmem()) } : {}),
      }
    },
  }
}
