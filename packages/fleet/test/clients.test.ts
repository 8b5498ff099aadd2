import { generateKeyPair, newManufacturingCa, privateKeyPem } from '@capfkit/pki'
import t from 'tap'
import { Clients } from '../src/clients.ts'
import type { FleetOptions } from '../src/options.ts'
import { planOf } from '../src/plan/from-options.ts'
import { childrenRunning } from './child-processes.ts'
import { fleetOptions } from './fleet-options.ts'

const { certificateDer, keyPair } = await newManufacturingCa({ now: () => new Date() })

const init = (options: Partial<FleetOptions> = {}) => ({
  plan: planOf(fleetOptions({ phones: 4, ...options })),
  target: { host: '127.0.0.1', port: 9 },
  trusted: [certificateDer],
  micCa: { certificateDer, keyPem: privateKeyPem(keyPair.privateKey) },
  keyPoolFile: undefined,
  ordered: false,
})

t.test('a process that has died between two rounds is noticed at the next one', async t => {
  await using clients = new Clients()
  await clients.start(init(), 2)
  const [pid] = childrenRunning('client-process')
  process.kill(pid!, 'SIGKILL')
  while (childrenRunning('client-process').includes(pid!)) await new Promise(resolve => setTimeout(resolve, 5))
  await t.rejects(clients.runPhase(0), { code: 'FLEET_CLIENT_FAILED', message: /ended by SIGKILL/ })
})

t.test('what a process cannot do is told with its own code and place, and ends nothing else', async t => {
  await using clients = new Clients()
  const csv = `${t.testdir({ 'phones.csv': 'name,mic\nSEP1,none.pem\n' })}/phones.csv`
  await t.rejects(clients.start(init({ csv }), 1), {
    name: 'FleetError',
    code: 'FLEET_BAD_FILE',
    where: 'none.pem',
    message: /ENOENT/,
  })
  t.equal(childrenRunning('client-process').length, 1, 'it lives until it is told to end')
})

t.test('a wrong MIC CA is told, not waited for', async t => {
  await using clients = new Clients()
  const other = await generateKeyPair({ type: 'ec', curve: 'secp256r1' })
  const micCa = { certificateDer, keyPem: privateKeyPem(other.privateKey) }
  await t.rejects(clients.start({ ...init(), micCa }, 1), { code: 'FLEET_CLIENT_FAILED', message: /PKI_KEY_MISMATCH/ })
})

t.test('disposed, no process is left, whether it was started, ran or failed', async t => {
  {
    await using clients = new Clients()
    await clients.start(init(), 3)
    t.equal(childrenRunning('client-process').length, 3)
  }
  t.strictSame(childrenRunning('client-process'), [])
})
