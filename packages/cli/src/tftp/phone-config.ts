import type { PhoneConfig } from '@capfkit/codec/config'
import { ADDRESS, type Address, parseAddress } from '@capfkit/listen'
import { MistakesError } from '../errors.ts'
import type { SourceOptions } from './options.ts'

const addresses = (flag: string, given: readonly string[]): Address[] => {
  const wrong = given.filter(text => !ADDRESS.pattern.test(text))
  if (wrong.length > 0)
    throw new MistakesError(wrong.map(text => `${flag} must be HOST:PORT, got ${JSON.stringify(text)} (CONFIG_OUT_OF_RANGE)`))
  return given.map(parseAddress)
}

/** As CUCM has them. */
const PORTS = { ethernetPhonePort: 2000, sipPort: 5060, securedSipPort: 5061 } as const
const [TCP, TLS] = [1, 3]

/** What stands in the configuration of every phone. @throws {MistakesError} for an address that is none. */
export const commonConfig = ({
  capfAddress,
  tvsAddress,
  callManager,
  securityMode,
  encryptedConfig,
}: SourceOptions): PhoneConfig => ({
  fullConfig: true,
  callManagers: callManager.map((processNodeName, priority) => ({ priority, ...PORTS, processNodeName })),
  tvs: addresses('--tvs-address', tvsAddress).map(({ host, port }, priority) => ({ priority, port, address: host })),
  deviceSecurityMode: securityMode,
  transportLayerProtocol: securityMode === 'non-secure' ? TCP : TLS,
  tlsResumptionTimerSeconds: 3_600,
  encrConfig: encryptedConfig,
  capfList: addresses('--capf-address', capfAddress).map(({ host, port }) => ({ phonePort: port, processNodeName: host })),
})
