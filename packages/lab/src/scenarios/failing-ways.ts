import { type AuthMode, newFault } from '@capfkit/phone'
import { formatCompletesBy, type NewDevice } from '@capfkit/server'
import { serviceCertificate } from './stage/certificates.ts'
import { newLsc, newManufacturer, newMic } from './stage/credentials.ts'
import type { Stage } from './stage/stage.ts'
import type { PhoneWish } from './stage/stage-phone.ts'

type Operation = 'delete' | 'troubleshoot'
type Setting = {
  readonly phone?: PhoneWish
  readonly device?: Omit<NewDevice, 'name'>
  readonly fault?: ReturnType<typeof newFault>
}

/** One way in which an order that is no install fails, with the status that it then has. */
type Way = {
  readonly statuses: Readonly<Record<Operation, number>>
  readonly set: (stage: Stage, about: { deviceName: string; operation: Operation }) => Setting | Promise<Setting>
}

const HOUR_MS = 3_600_000
const OLD_DAYS = { daysAgo: 4_000, days: 3_650 }
const OTHER_SITE = 2
const RIGHT = '271828'
const WRONG = '314159'
/** What the phone is asked; at this step it goes, or stops talking. */
const QUESTIONS = { delete: 'DELETE_CERTIFICATE_REQUEST', troubleshoot: 'FETCH_CERTIFICATE_REQUEST' } as const

const by = (authMode: AuthMode, setting: Setting): Setting => ({
  ...setting,
  phone: { authMode, ...setting.phone },
  device: { authMode, ...setting.device },
})

/**
 * Every way that there is: seven of the nine numbers of a delete, all seven of a troubleshoot. For the other two of a delete a
 * CA would have to be asked, and nobody asks one about a delete.
 */
export const FAILING_WAYS: readonly Way[] = [
  {
    statuses: { delete: 18, troubleshoot: 27 },
    set: async (stage, { deviceName }) => {
      const issuer = await serviceCertificate('capf', { keys: stage.keys, now: stage.clock.now, generation: OTHER_SITE })
      return by('lsc', { phone: { lsc: await newLsc({ deviceName }, { ...stage, issuer }) } })
    },
  },
  {
    statuses: { delete: 19, troubleshoot: 28 },
    set: () => by('string', { phone: { authString: WRONG }, device: { authString: RIGHT } }),
  },
  {
    statuses: { delete: 20, troubleshoot: 29 },
    set: async (stage, { deviceName }) => {
      const issuer = await newManufacturer(stage)
      return by('mic', { phone: { mic: await newMic({ deviceName, ...OLD_DAYS }, { ...stage, issuer }) } })
    },
  },
  {
    statuses: { delete: 21, troubleshoot: 30 },
    set: async (stage, { deviceName }) => {
      const lsc = await newLsc({ deviceName, key: 'another' }, { ...stage, issuer: stage.certificates.capf })
      return by('lsc', { phone: { lsc } })
    },
  },
  {
    statuses: { delete: 22, troubleshoot: 31 },
    set: (_, { operation }) => by('null', { fault: newFault('reset', { at: QUESTIONS[operation] }) }),
  },
  {
    statuses: { delete: 23, troubleshoot: 32 },
    set: (_, { operation }) => by('null', { fault: newFault('go-silent', { at: QUESTIONS[operation], patienceMs: 5_000 }) }),
  },
  {
    statuses: { delete: 26, troubleshoot: 33 },
    set: stage => by('null', { device: { completesBy: formatCompletesBy(new Date(stage.clock.nowMs() - HOUR_MS)) } }),
  },
]

/** A phone for each way, with an LSC of this cluster where the way has no other; each fails in its way. */
export const failInEachWay = async (stage: Stage, operation: Operation): Promise<void> => {
  stage.capfSettings.micCas = [(await newManufacturer(stage)).certificateDer]
  await stage.capf.restart()
  stage.clearLogs()
  for (const [index, { set }] of FAILING_WAYS.entries()) {
    const deviceName = `SEP02000000${String(index + 1).padStart(4, '0')}`
    const { phone: wish, device, fault } = await set(stage, { deviceName, operation })
    const lsc = await newLsc({ deviceName }, { ...stage, issuer: stage.certificates.capf })
    const phone = stage.newPhone({ deviceName, lsc, ...wish })
    await stage.order(phone, { ...device, operation })
    await stage.boot(phone, fault ? { fault } : {})
  }
}

/** The same order again, by null string and without a date. */
export const orderAgain = async (stage: Stage, operation: Operation): Promise<void> => {
  const other = await serviceCertificate('capf', { keys: stage.keys, now: stage.clock.now, generation: OTHER_SITE })
  stage.capfSettings.lscCas = [other.certificateDer]
  await stage.capf.restart()
  for (const phone of stage.phones) {
    await stage.order(phone, { operation, authMode: 'null', completesBy: undefined })
    await stage.boot(phone)
  }
}
