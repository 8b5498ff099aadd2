import { caCnCapf } from './ca-cn-capf.ts'
import { caDenied, caDeniedByLog } from './ca-denied.ts'
import { caEnrolTimeout, caSilent } from './ca-enrol-timeout.ts'
import { caKeyUsage } from './ca-key-usage.ts'
import { caLoginRejected, caLoginRejectedByTrace } from './ca-login-rejected.ts'
import { caLoginTimeout } from './ca-login-timeout.ts'
import { caPending, caPendingByLog } from './ca-pending.ts'
import { caRollover404 } from './ca-rollover-404.ts'
import { capfCertificateExpired } from './capf-certificate-expired.ts'
import { capfCertificateMismatch, capfRecordOutdated } from './capf-certificate-mismatch.ts'
import { capfHang } from './capf-hang.ts'
import { capfNameUnresolvable } from './capf-name-unresolvable.ts'
import { capfServiceDown } from './capf-service-down.ts'
import { capfUnreachable } from './capf-unreachable.ts'
import { dbReplicationBroken, dbReplicationBrokenForAll } from './db-replication-broken.ts'
import { deleteFails } from './delete-fails.ts'
import { ecOnlyOnV2 } from './ec-only-on-v2.ts'
import { estHttpWrite } from './est-http-write.ts'
import { expiryWave } from './expiry-wave.ts'
import { iisChainMissing } from './iis-chain-missing.ts'
import { iisExpired } from './iis-expired.ts'
import { iisNameMismatch } from './iis-name-mismatch.ts'
import { iisNotYetValid } from './iis-not-yet-valid.ts'
import { iisSelfSigned } from './iis-self-signed.ts'
import { invalidCredentials } from './invalid-credentials.ts'
import { invalidLsc } from './invalid-lsc.ts'
import { invalidMic } from './invalid-mic.ts'
import { itlCorrupt, itlRefused } from './itl-corrupt.ts'
import { itlEmpty } from './itl-empty.ts'
import { itlMismatch } from './itl-mismatch.ts'
import { keyGenerationTimeout } from './key-generation-timeout.ts'
import { micOnlyPrecedenceLsc } from './mic-only-precedence-lsc.ts'
import { noCapfInItl, noCapfRecord } from './no-capf-in-itl.ts'
import { onlineCaNameUnresolvable } from './online-ca-name-unresolvable.ts'
import { operationExpired } from './operation-expired.ts'
import { phoneLost } from './phone-lost.ts'
import { phoneWithoutSbd } from './phone-without-sbd.ts'
import { raDown } from './ra-down.ts'
import { rebootStorm } from './reboot-storm.ts'
import { recoveryItl } from './recovery-itl.ts'
import { regenerationStorm } from './regeneration-storm.ts'
import type { Rule } from './rule.ts'
import { staleLsc } from './stale-lsc.ts'
import { storeRefused } from './store-refused.ts'
import { templateMisspelt } from './template-misspelt.ts'
import { troubleshootFails } from './troubleshoot-fails.ts'
import { tvsDown } from './tvs-down.ts'
import { tvsRejects } from './tvs-rejects.ts'
import { wrongAuthString } from './wrong-auth-string.ts'
import { wrongKey } from './wrong-key.ts'

/** Every rule. Their order says nothing: weights do. */
export const RULES: readonly Rule[] = [
  caCnCapf,
  caDenied,
  caDeniedByLog,
  caEnrolTimeout,
  caSilent,
  caKeyUsage,
  caLoginRejected,
  caLoginRejectedByTrace,
  caLoginTimeout,
  caPending,
  caPendingByLog,
  caRollover404,
  capfCertificateExpired,
  capfCertificateMismatch,
  capfRecordOutdated,
  capfHang,
  capfNameUnresolvable,
  capfServiceDown,
  capfUnreachable,
  dbReplicationBroken,
  dbReplicationBrokenForAll,
  deleteFails,
  ecOnlyOnV2,
  estHttpWrite,
  expiryWave,
  iisChainMissing,
  iisExpired,
  iisNameMismatch,
  iisNotYetValid,
  iisSelfSigned,
  invalidCredentials,
  invalidLsc,
  invalidMic,
  itlCorrupt,
  itlRefused,
  itlEmpty,
  itlMismatch,
  keyGenerationTimeout,
  micOnlyPrecedenceLsc,
  noCapfInItl,
  noCapfRecord,
  onlineCaNameUnresolvable,
  operationExpired,
  phoneLost,
  phoneWithoutSbd,
  raDown,
  recoveryItl,
  staleLsc,
  storeRefused,
  templateMisspelt,
  troubleshootFails,
  tvsDown,
  tvsRejects,
  wrongAuthString,
  wrongKey,
  rebootStorm,
  regenerationStorm,
]
