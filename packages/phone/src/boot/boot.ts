import { type PhoneErrorCode, phoneError } from '../errors.ts'
import type { DisturbanceOrder } from '../faults/disturbance.ts'
import type { Flash, FlashContent, TvsMemory } from '../flash/flash.ts'
import type { TrustListKind } from '../models.ts'
import { HeldLists } from '../trust/held-lists.ts'
import { TvsClient } from '../tvs/tvs-client.ts'
import { act } from './actions.ts'
import type { BootContext, BootingPhone, StepOutcome } from './context.ts'
import { type BootOptions, bootOptions } from './options.ts'
import { BootRecord, troubleOf } from './record.ts'
import type { BootResult, BootStep } from './result.ts'
import { newSharedFiles, type SharedFiles } from './shared-files.ts'
import { BOOT_STEPS, type BootStepName, FIRST_STEP, nextStep } from './steps.ts'
import { loadLists } from './take-list.ts'

/** What one boot is told. */
export type BootOrder = {
  /** The file server, name or address: what DHCP option 150 or 66 would say. */
  server: string
  /** Checked by {@link bootOptions}; give many boots one checked object. */
  options?: Partial<BootOptions>
  /** Give all phones of a process the same. */
  shared?: SharedFiles
  /** The source address, where the machine has several. */
  localAddress?: string
  /** Ends the boot at once with BOOT_ABORTED. */
  signal?: AbortSignal
  /** What the phone does wrong on purpose when it contacts CAPF. */
  disturbance?: DisturbanceOrder | undefined
  /** Hears of each step when it is over. */
  onStep?: (step: BootStep) => void
}

const LISTS: readonly TrustListKind[] = ['CTL', 'ITL']

/** The name by which a phone asks TVS [BOOT-5.2]. */
const askingNameOf = ({ device }: BootingPhone) =>
  device.model.product === undefined ? device.deviceName : `${device.model.product}-${device.deviceName}`

type Begun = { phone: BootingPhone; flash: Flash; content: FlashContent; record: BootRecord }

const contextOf = (order: BootOrder, what: Begun): BootContext => {
  const { phone, flash, content, record } = what
  const { server, shared = newSharedFiles(), localAddress, signal } = order
  const { environment, console } = phone
  const options = bootOptions(order.options)
  const lists = new HeldLists()
  for (const kind of LISTS) loadLists(kind, content.lists[kind], { shared, lists })
  const resolve = (host: string, signal: AbortSignal | undefined) => record.during('dns', phone.resolve(host, signal))
  const tvs = new TvsClient({
    environment,
    lists,
    console,
    askingName: askingNameOf(phone),
    ...content.tvs,
    timeoutMs: options.tvsTimeoutMs,
    resolve,
    localAddress,
    took: ms => record.add('tvs', ms),
  })
  const unknown = { fetcher: undefined, config: undefined, isLocked: false, capfReason: undefined, capf: undefined }
  return { phone, options, flash, shared, signal, localAddress, record, lists, tvs, resolve, server, ...unknown }
}

/** Whether a step that did not go well is a failure of the boot: for want of a further file or a TVS nothing is worse. */
const isTolerated = (step: BootStepName) => step === 'further' || step === 'tvs'

/** One step; what nobody foresaw, and the signal, are outcomes as well. */
const take = async (step: BootStepName, context: BootContext): Promise<StepOutcome> => {
  if (context.signal?.aborted) return { event: 'deadEnd', trouble: { code: 'BOOT_ABORTED', detail: 'between two steps' } }
  try {
    return await act(BOOT_STEPS[step].action, context)
  } catch (error) {
    return { event: 'failed', trouble: troubleOf(error) }
  }
}

/** The steps of the table from the first to the last. */
const walk = async (context: BootContext, onStep: BootOrder['onStep']): Promise<void> => {
  const { record, phone, lists } = context
  const { now } = phone.environment
  for (let step: BootStepName | undefined = FIRST_STEP; step; ) {
    const startedAt = now()
    if (step === 'config' && lists.isEmpty && phone.device.model.trustLists.length > 0) phone.page.show('NO_TRUST_LIST')
    const { event, trouble, ...rest } = await take(step, context)
    const row: BootStep = { step, outcome: event, ms: now() - startedAt, ...rest, ...trouble }
    record.steps.push(row)
    onStep?.(row)
    const isAborted = trouble?.code === 'BOOT_ABORTED'
    // A locked configuration may be opened by the LSC that CAPF installs.
    if (trouble && (isAborted || (event !== 'locked' && !isTolerated(step)))) record.note(step, trouble)
    step = isAborted ? undefined : nextStep(step, event)
  }
  if (!context.config) record.note('config', { code: 'BOOT_NO_CONFIG', detail: 'no file that may be used' })
  else if (context.isLocked) record.note('encryptedConfig', { code: 'BOOT_NOT_DECRYPTED', detail: 'no key of the phone fits' })
}

/** Begin, and begin again as long as there is no configuration. @returns how often it began again. */
const walkAgain = async (context: BootContext, onStep: BootOrder['onStep']): Promise<number> => {
  const { options, record, phone, signal } = context
  for (let round = 0; ; round++) {
    await walk(context, onStep)
    if (context.config || round >= options.configRetries || signal?.aborted) return round
    try {
      await phone.environment.delay(options.configRetryIntervalMs, signal)
    } catch (error) {
      if (!signal?.aborted) throw error
      record.beginAgain()
      record.note(FIRST_STEP, { code: 'BOOT_ABORTED', detail: 'while waiting to begin again' })
      return round
    }
    record.beginAgain()
  }
}

const sameMemory = (a: TvsMemory, b: TvsMemory) => JSON.stringify([a.members, a.answers]) === JSON.stringify([b.members, b.answers])

/** What TVS said is kept for the next boot, which begins before there is a configuration [BOOT-5.4]. */
const keepTvs = async ({ tvs, flash }: BootContext, before: TvsMemory): Promise<void> => {
  const memory = { members: tvs.members, answers: tvs.answers }
  if (!sameMemory(memory, before)) await flash.saveTvs(memory)
}

const resultOf = (context: BootContext, rounds: number): BootResult => {
  const { record, lists, config, capfReason, capf } = context
  const held = LISTS.flatMap(kind => {
    const list = lists.get(kind)
    return list ? [[kind, list.sha1] as const] : []
  })
  return {
    ...record.result,
    rounds,
    trustLists: Object.fromEntries(held),
    ...(config ? { config } : {}),
    ...(capfReason ? { capfReason } : {}),
    ...(capf ? { capf } : {}),
  }
}

/** The result of a boot that did not come to be. */
export const notBooted = (code: PhoneErrorCode): BootResult => {
  const record = new BootRecord(() => 0)
  record.note(FIRST_STEP, { code, detail: phoneError(code).sentence })
  return { ...record.result, rounds: 0, trustLists: {} }
}

/**
 * Boot a phone [BOOT-1.1]: files, trust, TVS, then CAPF as its configuration says. Never rejects but for wrong options.
 *
 * @throws {OptionError}
 */
export const bootPhone = async (order: BootOrder, what: { phone: BootingPhone; flash: Flash }): Promise<BootResult> => {
  const { phone, flash } = what
  bootOptions(order.options)
  const record = new BootRecord(phone.environment.now)
  try {
    const content = await flash.load()
    phone.device.lsc ??= content.lsc
    const context = contextOf(order, { phone, flash, content, record })
    const rounds = await walkAgain(context, order.onStep)
    await keepTvs(context, content.tvs).catch(error => record.note('tvs', troubleOf(error)))
    return resultOf(context, rounds)
  } catch (error) {
    record.note(FIRST_STEP, troubleOf(error))
    return { ...record.result, rounds: 0, trustLists: {} }
  }
}
