import { FileSigner, resetTrustList } from '@capfkit/pki'
import type { Cluster } from '@capfkit/tftp'
import type { Scenario } from '../scenario.ts'
import type { Stage } from './stage/stage.ts'

/** A cluster up to release 11.5: the TFTP certificate signs the list, and the recovery certificate is in it for bad days. */
const signedByTftp = (stage: Stage): Cluster => {
  const { recovery, ...cluster } = stage.cluster()
  return { ...cluster, certificates: { ...cluster.certificates, SAST: [stage.certificates.recovery.certificateDer] } }
}

const serve = (stage: Stage) => stage.files.source.update(signedByTftp(stage))

export const recoveryItl: Scenario = {
  name: 'recovery-itl',
  broken:
    'TFTP and TVS certificates were regenerated at once, so that phones knew nobody any more; then utils itl reset signed the list with the recovery key',
  cause: async stage => {
    await serve(stage)
    const phone = await stage.bootedPhone()
    await stage.regenerate('tftp')
    await stage.regenerate('tvs')
    await stage.tvs.restart()
    await serve(stage)
    const reset = await resetTrustList(stage.files.itl, { signer: new FileSigner(stage.certificates.recovery) })
    stage.files.tamper = (name, bytes) => (name.startsWith('ITL') ? reset : bytes)
    stage.clearLogs()
    await stage.enrol(phone)
  },
  shows: {
    phone: ['Trust List Updated'],
    console: ['TL file verified successfully'],
    showItl: ['ITL Header #:2', 'SIGNERNAME\t53\tCN=ITLRECOVERY_cucm-pub', 'The ITL file was verified successfully.'],
    statuses: 3,
  },
  cured: 'TFTP is restarted, and signs the list itself',
  cure: async stage => {
    stage.files.tamper = undefined
    await serve(stage)
    for (const phone of stage.phones) await stage.enrol(phone)
  },
  after: { phone: ['Trust List Updated'], statuses: 3, lacks: { showItl: ['ITL Header #:2'] } },
}
