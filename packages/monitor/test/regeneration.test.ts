import t from 'tap'
import { CERTIFICATE_NAMES, type CertificateName, certificateNamed, populationOf, regenerationImpact } from '../src/index.ts'
import { storeWith } from './lscs.ts'

const YES = { tftpNode: true, capfActivated: true }
const impactOf = (certificate: CertificateName, node = YES) =>
  regenerationImpact([certificate], { node, population: undefined }).impacts[0]!

t.test('certificates are known by name without case, and TFTP has that of CallManager', async t => {
  t.strictSame(['capf', 'TVS', 'tftp', 'callmanager', 'nothing'].map(certificateNamed), [
    'CAPF',
    'TVS',
    'CallManager',
    'CallManager',
    undefined,
  ])
})

t.test('as the presentation has it: who restarts, and when', async t => {
  t.match(impactOf('CallManager'), {
    resetsPhones: true,
    reset: /^every phone .* restarts to update its ITL file \(the node is a TFTP server\)/,
  })
  t.match(impactOf('CallManager', { ...YES, tftpNode: false }), {
    resetsPhones: false,
    reset: /^no phone restarts \(the node is no TFTP server\)/,
  })
  t.match(impactOf('TVS'), { resetsPhones: true, reset: /registered phone whose CallManager group contains the node/ })
  t.match(impactOf('CAPF'), { resetsPhones: true, effects: [/LSCs .* should be issued again/] })
  t.match(impactOf('CAPF', { ...YES, capfActivated: false }), { resetsPhones: false, effects: ['no impact'], after: [] })
  t.match(impactOf('tomcat'), { resetsPhones: false, effects: ['minimal service impact', /AXL, CCMCIP and UDS/] })
  t.match(impactOf('ipsec'), { resetsPhones: false, services: ['Cisco DRF Master', 'Cisco DRF Local'] })
})

t.test('CallManager and TVS must not be regenerated together; any other two may', async t => {
  const conflictsOf = (certificates: CertificateName[]) =>
    regenerationImpact(certificates, { node: YES, population: undefined }).conflicts
  t.match(conflictsOf(['TVS', 'CAPF', 'CallManager']), [/^do not regenerate CallManager and TVS together: /])
  for (const one of CERTIFICATE_NAMES)
    for (const other of CERTIFICATE_NAMES)
      t.equal(conflictsOf([one, other]).length, Number([one, other].sort().join() === 'CallManager,TVS'), `${one} and ${other}`)
})

t.test('a store says how many phones restart, and which LSCs a new CAPF certificate ends', async t => {
  await using store = await storeWith([
    { name: 'SEP1', issuerName: 'CN=CAPF-7f0ae8d7;OU=TAC' },
    { name: 'SEP2', issuerName: 'OU=TAC, CN=CAPF-7f0ae8d7' },
    { name: 'SEP3', issuerName: 'CN=Corporate CA' },
    { name: 'SEP4', operation: 'install' },
  ])
  const population = await populationOf(store.list())
  t.strictSame(population, { phones: 4, lscs: 3, lscsOfCapf: 2, pending: 1 })
  const { impacts } = regenerationImpact(['CAPF', 'tomcat'], { node: YES, population })
  t.match(impacts, [
    { phonesReset: 4, lscsToReissue: 2 },
    { phonesReset: 0, lscsToReissue: 0 },
  ])
})
