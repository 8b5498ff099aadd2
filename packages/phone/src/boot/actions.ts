import { Fetcher } from '../files/fetcher.ts'
import { contactCapf } from './contact-capf.ts'
import type { BootContext, StepOutcome } from './context.ts'
import { BootError } from './errors.ts'
import { fetchFile, isOutcome } from './fetch-file.ts'
import { troubleOf } from './record.ts'
import type { BootAction } from './steps.ts'
import { takeConfig } from './take-config.ts'
import { takeList } from './take-list.ts'

const findServer = async (context: BootContext): Promise<StepOutcome> => {
  const { phone, options, lists, localAddress, signal, server } = context
  const { environment, console, device } = phone
  try {
    const host = await context.resolve(server, signal)
    context.fetcher = new Fetcher({ environment, options, model: device.model, lists, console, host, localAddress, signal })
    return { event: 'ok' }
  } catch (error) {
    return { event: 'deadEnd', trouble: troubleOf(error) }
  }
}

/** Names of members that have no address are told at once, as on real phones; one that is asked later is looked up again. */
const findTvs = async ({ tvs, phone, signal, resolve }: BootContext): Promise<StepOutcome> => {
  if (tvs.members.length === 0) return { event: 'skipped' }
  let found = 0
  for (const { host } of tvs.members) {
    try {
      const address = await resolve(host, signal)
      phone.console.write('TVS_RESOLVED', { host, address })
      found++
    } catch (error) {
      if (error instanceof BootError && error.code === 'BOOT_ABORTED') throw error
      phone.console.write('TVS_UNRESOLVED', { host })
    }
  }
  return { event: found > 0 ? 'ok' : 'failed' }
}

/** The files behind the configuration are asked for as a real phone does, and not kept. */
const askFurther = async (context: BootContext): Promise<StepOutcome> => {
  const { options, phone } = context
  const { furtherFiles } = phone.device.model
  if (!options.furtherFiles || furtherFiles.length === 0) return { event: 'skipped' }
  let found = 0
  for (const name of furtherFiles) {
    const fetched = await fetchFile({ name, maxBytes: options.maxFileBytes }, context)
    if (!isOutcome(fetched)) found++
    else if (fetched.trouble?.code === 'BOOT_ABORTED') return fetched
  }
  return { event: found > 0 ? 'ok' : 'missing' }
}

/** Do what a row of the table of steps says. Rejects only with what is not foreseen. */
export const act = (action: BootAction, context: BootContext): Promise<StepOutcome> => {
  switch (action.do) {
    case 'findServer':
      return findServer(context)
    case 'takeList':
      return takeList(action, context)
    case 'takeConfig':
      return takeConfig(action, context)
    case 'findTvs':
      return findTvs(context)
    case 'askFurther':
      return askFurther(context)
    case 'contactCapf':
      return contactCapf(context)
  }
}
