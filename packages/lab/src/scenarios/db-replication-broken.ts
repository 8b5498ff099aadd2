import { type DeviceStore, ServerError } from '@capfkit/server'
import type { Scenario } from '../scenario.ts'

/** What sessions ask of the store. */
const ASKED: readonly (string | symbol)[] = ['get', 'claim', 'settle', 'release', 'heartbeat'] satisfies (keyof DeviceStore)[]

/** The same store, which does not answer sessions while it is away. */
const between = (store: DeviceStore, isAway: () => boolean): DeviceStore =>
  new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const ask = value.bind(target)
      if (!ASKED.includes(name)) return ask
      return async (...about: unknown[]) => {
        if (isAway()) throw new ServerError('STORE_FAILED', 'the device store of the publisher')
        return ask(...about)
      }
    },
  })

export const dbReplicationBroken: Scenario = {
  name: 'db-replication-broken',
  broken:
    'the device store stops answering CAPF: one phone has its LSC already, which cannot be written down, another one comes then',
  cause: async stage => {
    let isAway = false
    stage.capfSettings.store = between(stage.store, () => isAway)
    await stage.capf.restart()
    const installing = stage.newPhone({
      makeKey: async spec => {
        isAway = true
        return stage.keys.ofPhone(0, spec)
      },
    })
    stage.clearLogs()
    for (const phone of [installing, stage.newPhone()]) await stage.enrol(phone)
    // From now on it answers again.
    isAway = false
  },
  shows: {
    phone: ['LSC: Failed'],
    trace: ['CAPF_EV_DB_FAILED in State: CAPF_STATE_AWAIT_DB_RESP', 'CAPF_EV_DB_FAILED in State: CAPF_STATE_AWAIT_DEVICE_RESP'],
    statuses: 2,
  },
  cured: 'the device store is back, and CAPF restarted; no phone has lost its order',
  cure: async stage => {
    delete stage.capfSettings.store
    await stage.capf.restart()
    await stage.bootAll()
  },
}
