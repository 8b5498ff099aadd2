import type { Scenario } from '../scenario.ts'
import { Firewall } from './stage/firewall.ts'

const firewall = new Firewall()
/** Ten seconds, which a phone waits for a connection, pass in a third of one. */
const RATE = 30
const CONNECT_MS = 10_000

export const capfUnreachable: Scenario = {
  name: 'capf-unreachable',
  broken: 'what phones send to the port of CAPF vanishes on its way; they try three times more',
  stage: { clockRate: RATE },
  cause: async stage => {
    firewall.drop(stage.capf.port)
    const phone = stage.newPhone({
      connect: firewall.connect,
      options: { connectTimeoutMs: Math.ceil(CONNECT_MS / RATE), retries: 3 },
    })
    await stage.enrol(phone)
  },
  shows: {
    phone: ['LSC: Connection failed'],
    console: ['SEC_CAPF_BIO_F: CAPF create bio failed', 'SEC_CAPF_OP_F: CAPF operation failed, ret -7'],
    statuses: 2,
    lacks: { trace: ['PHONE_CONNECTED'] },
  },
  cured: 'the firewall lets the port of CAPF pass',
  cure: async stage => {
    firewall.pass(stage.capf.port)
    await stage.bootUntilWell()
  },
}
