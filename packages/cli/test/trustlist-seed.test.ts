import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { certificatesFromFile, parseCertificate } from '@capfkit/pki'
import t from 'tap'
import { onTerminal } from './terminal.ts'
import { NEEDS_OPENSSL, openssl } from './trust-files.ts'

const SEED = readFileSync(new URL('../../../test-vectors/logs/show-itl-seed.txt', import.meta.url), 'utf8')

/** What the published print says of one certificate. */
type Printed = {
  readonly name: string
  readonly serial: string
  readonly bytes: number | undefined
  readonly signatureBytes: number
}

/** Records by their heading, with what is printed below it. */
const blocks = (text: string) => text.split(/^\s*ITL Record #:\d+$/m).slice(1)

const printed = (block: string): Printed => {
  const value = (pattern: RegExp) => pattern.exec(block)?.[1]
  const bytes = value(/^9 CERTIFICATE (\d+)/m)
  return {
    name: value(/^3 SUBJECTNAME \d+ (.*)$/m)!,
    serial: value(/^6 SERIALNUMBER \d+ (.*)$/m)!.replaceAll(':', ''),
    bytes: bytes === undefined ? undefined : Number(bytes),
    signatureBytes: Number(value(/^8 SIGNATURE (\d+)/m)),
  }
}

/** SHA-1s are those of other certificates; lines without a value lose their last tab in print. */
const substance = (block: string) =>
  block
    .split('\n')
    .map(line => line.trim().replace(/\s+/g, ' '))
    .filter(line => line !== '' && !line.startsWith('-'))
    .map(line => line.replace(/(?:[0-9A-F]{2} ){19}[0-9A-F]{2}(?= \(SHA1|$)/, 'SHA-1'))

type Maker = { readonly folder: string; readonly key: string }

/** Nothing but a comment in the certificate: it can then have any size. */
const make = ({ folder, key }: Maker, { name, serial }: Printed, commentLength: number) => {
  const config = join(folder, 'openssl.cnf')
  const extensions = `[extensions]\nnsComment = ${'x'.repeat(commentLength)}\n`
  writeFileSync(config, `[req]\ndistinguished_name = name\nx509_extensions = extensions\n[name]\n${extensions}`)
  const subject = ['-subj', `/${name.replaceAll(';', '/')}`, '-set_serial', `0x${serial}`, '-days', '1825']
  const file = join(folder, `${serial}.pem`)
  openssl(['req', '-x509', '-config', config, '-key', key, ...subject, '-out', file])
  return { file, certificate: parseCertificate(certificatesFromFile(readFileSync(file))[0]!) }
}

/** A certificate of these names, number and sizes. An ECDSA signature is made again until it has its length. */
const fittingCertificate = (maker: Maker, wanted: Printed): string => {
  let commentLength = 40
  for (let attempt = 0; attempt < 100; attempt++) {
    const { file, certificate } = make(maker, wanted, commentLength)
    if (certificate.signature.length !== wanted.signatureBytes) continue
    const missing = (wanted.bytes ?? certificate.der.length) - certificate.der.length
    if (missing === 0) return file
    commentLength += missing
  }
  throw new Error(`no certificate of ${wanted.bytes} bytes for ${wanted.name}`)
}

t.test('a list like the published one, made of real certificates of its sizes, is printed like it', NEEDS_OPENSSL, async t => {
  const folder = t.testdir()
  const [rsa, ec] = [join(folder, 'rsa.key'), join(folder, 'ec.key')]
  openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', rsa])
  openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384', '-out', ec])
  const seed = blocks(SEED)
  const files = seed.map(block => {
    const wanted = printed(block)
    return fittingCertificate({ folder, key: wanted.signatureBytes === 256 ? rsa : ec }, wanted)
  })
  const [capf, tvsPublisher, recovery, tvsSubscriber, callManager, , tftpEc] = files as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const signing = join(folder, 'signing.pem')
  copyFileSync(callManager, signing)
  writeFileSync(signing, readFileSync(callManager, 'utf8') + readFileSync(rsa, 'utf8'))

  const list = join(folder, 'ITLFile.tlv')
  const flags = ['--sast', signing, '--sast', recovery, '--tftp', callManager, '--tftp', tftpEc, '--capf', capf]
  const built = await onTerminal([
    'trustlist',
    'build',
    list,
    ...flags,
    '--tvs',
    tvsPublisher,
    '--tvs',
    tvsSubscriber,
    '--profile',
    'cucm',
  ])
  t.equal(built.code, 0, built.stderr)
  const { code, stdout } = await onTerminal(['trustlist', 'show', list], { isTTY: false })
  t.equal(code, 0)
  t.match(stdout, /^HeaderLength:\t456 \(BYTES\)$/m)
  t.match(stdout, `Length of ITL file: ${statSync(list).size}\n`)
  t.equal(stdout.split('\n').at(-2), 'The ITL file was verified successfully.')

  // Which node a record belongs to is nothing that build knows: order, and the one DNSNAME, are its own.
  const expected = seed.map(block =>
    substance(block.replace('2 DNSNAME 9 ao115sub', '2 DNSNAME 2').replace('RECORDLENGTH 2 1031', 'RECORDLENGTH 2 1024')),
  )
  const sorted = (records: string[][]) =>
    records.map(lines => lines.filter(line => !line.startsWith('The ITL file')).join('\n')).sort()
  t.strictSame(sorted(blocks(stdout).map(substance)), sorted(expected))
})
