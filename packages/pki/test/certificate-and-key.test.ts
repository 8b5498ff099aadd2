import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readCertificateAndKey } from '@capfkit/pki'
import t from 'tap'

const pemFile = (name: string) => fileURLToPath(new URL(`../../../test-vectors/pem/${name}.pem`, import.meta.url))

t.test('a certificate and its key from one file or from two, whatever stands around them', async t => {
  const one = readCertificateAndKey(pemFile('capf'))
  const folder = t.testdir({
    'certificate.pem': `Subject: somebody\n${one.certificatePem}`,
    'key.pem': one.keyPem,
    'key-first.pem': one.keyPem + one.certificatePem,
  })
  const two = readCertificateAndKey(join(folder, 'certificate.pem'), join(folder, 'key.pem'))
  const turned = readCertificateAndKey(join(folder, 'key-first.pem'))
  for (const pair of [two, turned]) {
    t.strictSame(pair.certificateDer, one.certificateDer)
    t.equal(pair.keyPem, one.keyPem)
    t.ok(pair.privateKey.equals(one.privateKey))
  }
  t.strictSame(execFileSync('openssl', ['x509', '-in', pemFile('capf'), '-outform', 'DER']), one.certificateDer)
})

t.test('files that are no certificate and key: what is wrong, each by its name', async t => {
  const { certificatePem, keyPem } = readCertificateAndKey(pemFile('capf'))
  const folder = t.testdir({ 'garbage.pem': 'garbage', 'empty.pem': '', 'key.pem': keyPem, 'certificate.pem': certificatePem })
  const at = (name: string) => join(folder, name)
  const broken = certificatePem.replace(/\n.{64}\n/, '\n')
  writeFileSync(at('broken.pem'), broken + keyPem)
  const refuses = (files: [string, string?], code: string, where: string) =>
    t.throws(() => readCertificateAndKey(...files), { name: 'PkiError', code, where }, files.join(' and '))
  refuses([at('missing.pem')], 'PKI_FILE_UNREADABLE', at('missing.pem'))
  refuses([folder], 'PKI_FILE_UNREADABLE', folder)
  refuses([pemFile('capf'), at('missing.pem')], 'PKI_FILE_UNREADABLE', at('missing.pem'))
  refuses([at('garbage.pem')], 'PKI_BAD_PEM', at('garbage.pem'))
  refuses([at('empty.pem')], 'PKI_BAD_PEM', at('empty.pem'))
  refuses([at('key.pem')], 'PKI_BAD_PEM', at('key.pem'))
  refuses([at('broken.pem')], 'PKI_BAD_CERTIFICATE', at('broken.pem'))
  refuses([at('certificate.pem')], 'PKI_BAD_PRIVATE_KEY', at('certificate.pem'))
  refuses([pemFile('capf'), pemFile('tvs')], 'PKI_KEY_MISMATCH', pemFile('tvs'))
})

t.test('a file without an end is looked at for one MiB only', async t => {
  const folder = t.testdir({ 'long.pem': '' })
  const file = join(folder, 'long.pem')
  writeFileSync(file, Buffer.concat([Buffer.alloc(1_048_576, 0x20), readFileSync(pemFile('capf'))]))
  t.throws(() => readCertificateAndKey(file), { code: 'PKI_BAD_PEM' })
  t.throws(() => readCertificateAndKey('/dev/zero'), { code: 'PKI_BAD_PEM', where: '/dev/zero' })
})
