import type { FindingName } from '@capfkit/diagnose'
import type { Scenario } from '../scenario.ts'
import { caCnCapf } from './ca-cn-capf.ts'
import { caDenied } from './ca-denied.ts'
import { caEnrolTimeout } from './ca-enrol-timeout.ts'
import { caKeyUsage } from './ca-key-usage.ts'
import { caLoginRejected } from './ca-login-rejected.ts'
import { caLoginTimeout } from './ca-login-timeout.ts'
import { caPending } from './ca-pending.ts'
import { caRollover404 } from './ca-rollover-404.ts'
import { capfCertificateExpired } from './capf-certificate-expired.ts'
import { capfCertificateMismatch } from './capf-certificate-mismatch.ts'
import { capfHang } from './capf-hang.ts'
import { capfNameUnresolvable } from './capf-name-unresolvable.ts'
import { capfServiceDown } from './capf-service-down.ts'
import { capfUnreachable } from './capf-unreachable.ts'
import { dbReplicationBroken } from './db-replication-broken.ts'
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
import { itlCorrupt } from './itl-corrupt.ts'
import { itlEmpty } from './itl-empty.ts'
import { itlMismatch } from './itl-mismatch.ts'
import { keyGenerationTimeout } from './key-generation-timeout.ts'
import { micOnlyPrecedenceLsc } from './mic-only-precedence-lsc.ts'
import { noCapfInItl } from './no-capf-in-itl.ts'
import { onlineCaNameUnresolvable } from './online-ca-name-unresolvable.ts'
import { operationExpired } from './operation-expired.ts'
import { phoneLost } from './phone-lost.ts'
import { phoneWithoutSbd } from './phone-without-sbd.ts'
import { raDown } from './ra-down.ts'
import { rebootStorm } from './reboot-storm.ts'
import { recoveryItl } from './recovery-itl.ts'
import { regenerationStorm } from './regeneration-storm.ts'
import { staleLsc } from './stale-lsc.ts'
import { storeRefused } from './store-refused.ts'
import { templateMisspelt } from './template-misspelt.ts'
import { troubleshootFails } from './troubleshoot-fails.ts'
import { tvsDown } from './tvs-down.ts'
import { tvsRejects } from './tvs-rejects.ts'
import { wrongAuthString } from './wrong-auth-string.ts'
import { wrongKey } from './wrong-key.ts'

/** Every failure of the catalogue by its name, which is that of its finding. */
export const SCENARIOS = {
  'no-capf-in-itl': noCapfInItl,
  'capf-certificate-mismatch': capfCertificateMismatch,
  'capf-service-down': capfServiceDown,
  'capf-unreachable': capfUnreachable,
  'capf-name-unresolvable': capfNameUnresolvable,
  'operation-expired': operationExpired,
  'itl-mismatch': itlMismatch,
  'itl-corrupt': itlCorrupt,
  'itl-empty': itlEmpty,
  'tvs-down': tvsDown,
  'tvs-rejects': tvsRejects,
  'mic-only-precedence-lsc': micOnlyPrecedenceLsc,
  'capf-certificate-expired': capfCertificateExpired,
  'recovery-itl': recoveryItl,
  'phone-without-sbd': phoneWithoutSbd,
  'wrong-auth-string': wrongAuthString,
  'invalid-lsc': invalidLsc,
  'invalid-mic': invalidMic,
  'invalid-credentials': invalidCredentials,
  'phone-lost': phoneLost,
  'key-generation-timeout': keyGenerationTimeout,
  'wrong-key': wrongKey,
  'ec-only-on-v2': ecOnlyOnV2,
  'store-refused': storeRefused,
  'delete-fails': deleteFails,
  'troubleshoot-fails': troubleshootFails,
  'iis-chain-missing': iisChainMissing,
  'iis-self-signed': iisSelfSigned,
  'iis-name-mismatch': iisNameMismatch,
  'online-ca-name-unresolvable': onlineCaNameUnresolvable,
  'iis-not-yet-valid': iisNotYetValid,
  'iis-expired': iisExpired,
  'template-misspelt': templateMisspelt,
  'ca-login-rejected': caLoginRejected,
  'ca-login-timeout': caLoginTimeout,
  'ca-enrol-timeout': caEnrolTimeout,
  'ca-denied': caDenied,
  'ca-pending': caPending,
  'ra-down': raDown,
  'est-http-write': estHttpWrite,
  'ca-key-usage': caKeyUsage,
  'ca-cn-capf': caCnCapf,
  'stale-lsc': staleLsc,
  'capf-hang': capfHang,
  'regeneration-storm': regenerationStorm,
  'reboot-storm': rebootStorm,
  'expiry-wave': expiryWave,
  'ca-rollover-404': caRollover404,
  'db-replication-broken': dbReplicationBroken,
} as const satisfies Readonly<Record<FindingName, Scenario>>
