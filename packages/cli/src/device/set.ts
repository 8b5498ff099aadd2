import { command, JSON_OPTION } from '../command.ts'
import { MistakesError } from '../errors.ts'
import { print } from '../io.ts'
import { GENERATE } from './auth-string.ts'
import { changeOf, warnAbout } from './change.ts'
import { DEVICE_OPTIONS, STORE_OPTIONS } from './options.ts'
import { getAll, openStore } from './store.ts'
import { viewOf } from './view.ts'

export const set = command({
  name: 'set',
  doc: 'Change devices, or order an operation',
  details: 'What is not given stays. An order sets the status to Operation Pending and lifts a lock after wrong strings.',
  examples: [['device set SEP001122334455 --operation delete --auth lsc', 'Have the phone delete its LSC, proven by that LSC']],
  words: { names: { doc: 'Device names.', many: true } },
  options: { ...STORE_OPTIONS, ...DEVICE_OPTIONS, ...JSON_OPTION },
  async run({ options, words, io }) {
    if (Object.keys(changeOf(options)).length === 0)
      throw new MistakesError([
        `nothing to change: give one of --${['operation', 'auth', 'auth-string', 'key', 'completes-by'].join(', --')} (CLI_USAGE)`,
      ])
    await using store = openStore(options, { mustExist: true })
    await getAll(store, words.names)
    for (const name of words.names) {
      const change = changeOf(options)
      await store.change(name, change)
      if (options.authString === GENERATE && !options.json) print(io, `${name}  ${change.authString}`)
      if (!options.json) continue
      const [device] = await getAll(store, [name])
      const made = options.authString === GENERATE ? { authString: change.authString } : {}
      if (device) print(io, JSON.stringify({ ...viewOf(device), ...made }))
    }
    const devices = await getAll(store, words.names)
    if (!options.json && options.authString !== GENERATE)
      for (const { name, operation, authMode, status } of devices)
        print(io, `changed ${name}: operation ${operation}, authentication ${authMode}, status ${status}`)
    warnAbout(io, devices)
    return undefined
  },
})
