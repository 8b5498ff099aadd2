import type { Fetched } from '../files/fetcher.ts'
import { fillTemplate } from '../screen/template.ts'
import type { BootContext, StepOutcome } from './context.ts'
import { BootError, bootError } from './errors.ts'
import { troubleOf } from './record.ts'
import { BOOT_FILES, type BootFile } from './steps.ts'

/** The name by which the phone asks for a file now. */
export const nameOf = (file: BootFile, { phone, lists }: Pick<BootContext, 'phone' | 'lists'>): string => {
  const { name, signable }: { name: string; signable?: true } = BOOT_FILES[file]
  const asked = fillTemplate(name, { device: phone.device.deviceName })
  return signable && lists.fileSigners.length > 0 ? `${asked}.sgn` : asked
}

/** A file that came, or the outcome of the step where it did not. */
export const fetchFile = async (
  what: { name: string; maxBytes: number },
  { fetcher, record }: BootContext,
): Promise<(Fetched & { bytes: Buffer }) | StepOutcome> => {
  const file = what.name
  if (!fetcher) throw new Error('no step is before that which finds the server')
  try {
    const { transport, bytes } = await record.during('files', fetcher.get(file, what.maxBytes))
    return bytes ? { transport, bytes } : { event: 'missing', file, transport }
  } catch (error) {
    const event = error instanceof BootError && bootError(error.code).deadEnd ? 'deadEnd' : 'failed'
    return { event, file, trouble: troubleOf(error) }
  }
}

export const isOutcome = (fetched: object): fetched is StepOutcome => 'event' in fetched
