import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CertificateAndKey, readCertificateAndKey } from '@capfkit/pki'

/** A certificate for another host name with id-kp-cmcRA, made by openssl: none of our profiles has that. */
export const raCertificate = async (ca: CertificateAndKey): Promise<CertificateAndKey> => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-ra-'))
  try {
    const at = (name: string) => join(folder, name)
    writeFileSync(at('ca.pem'), ca.certificatePem)
    writeFileSync(at('ca.key'), ca.keyPem)
    writeFileSync(at('ext'), 'extendedKeyUsage=serverAuth,1.3.6.1.5.5.7.3.28\nsubjectAltName=DNS:ra.example\n')
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
    openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'ra.key',
      '-subj',
      '/CN=ra',
      '-out',
      'ra.csr',
    )
    openssl(
      'x509',
      '-req',
      '-in',
      'ra.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'ext',
      '-out',
      'ra.pem',
    )
    writeFileSync(at('both.pem'), readFileSync(at('ra.pem'), 'utf8') + readFileSync(at('ra.key'), 'utf8'))
    return readCertificateAndKey(at('both.pem'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
