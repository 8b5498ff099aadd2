import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseTrustList, signedParts } from '@capfkit/codec/tlv'
import t from 'tap'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'
import { AT, FOLDER, NEEDS_OPENSSL, openssl, pemFile, recordedFile } from './trust-files.ts'

const run = (...args: readonly string[]) => onTerminal(['trustlist', ...args], { isTTY: false })
const [SAST1, SAST2, CCM, TFTP, CAPF, TVS] = ['sast1', 'sast2', 'ccm', 'tftp', 'capf', 'tvs'].map(pemFile) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const CLUSTER = ['--sast', SAST1, '--ccm-tftp', CCM, '--tftp', TFTP, '--capf', CAPF, '--tvs', TVS]
const read = (file: string) => parseTrustList(readFileSync(file))

t.test('the recorded ITL is made again from its certificates, but for the form of names', async t => {
  const file = join(t.testdir(), 'ITLFile.tlv')
  const flags = ['--sast', SAST1, '--sast', SAST2, '--ccm-tftp', CCM, '--ccm', pemFile('ccm-ec'), '--tftp', TFTP, '--capf', CAPF]
  const made = await run('build', file, ...flags, '--tvs', TVS, '--tvs', pemFile('tvs-ec'), '--signer-version', '1.1')
  t.match(made, {
    code: 0,
    stdout: `wrote ${file}: 8 records, ${statSync(file).size} bytes, signed by CN=cucm-sast1;OU=TLV;O=Throwaway\n`,
  })
  const [ours, theirs] = [read(file), read(recordedFile('ITLFile.tlv'))]
  for (const [index, record] of ours.records.entries()) {
    const { role, serialNumber, publicKey, signature, certificateDer, recordLength } = record
    t.match(
      theirs.records[index],
      { role, serialNumber, publicKey, signature, certificateDer, recordLength },
      `record ${index + 1}`,
    )
  }
  t.match(ours.headers[0], { headerLength: 408, fileName: 'ITLFile.tlv', signerVersion: { major: 1, minor: 1 } })
  t.match(await run('verify', file, '--at', AT, '--signer', SAST1), { code: 0, stdout: /: valid: 8 records/ })
  t.equal(statSync(file).mode & 0o200, 0o200, 'a list is no secret')
})

for (const digest of ['sha1', 'sha512'])
  t.test(`openssl verifies what is signed with ${digest}: the file without its SIGNATURE field`, NEEDS_OPENSSL, async t => {
    const cwd = t.testdir()
    const file = join(cwd, 'CTLFile.tlv')
    t.match(await run('build', file, ...CLUSTER, '--digest', digest), { code: 0 })
    const bytes = readFileSync(file)
    const [header] = parseTrustList(bytes).headers
    writeFileSync(join(cwd, 'signed'), Buffer.concat(signedParts(bytes, header)))
    writeFileSync(join(cwd, 'signature'), header.signature)
    writeFileSync(join(cwd, 'key'), openssl(['x509', '-in', SAST1, '-noout', '-pubkey']))
    const verify = ['dgst', `-${digest}`, '-verify', join(cwd, 'key'), '-signature', join(cwd, 'signature'), join(cwd, 'signed')]
    t.match(openssl(verify).toString(), 'Verified OK')
    t.equal(header.fileName, 'CTLFile.tlv', 'the name says which list it is')
  })

t.test('profile cucm: CAPF and TVS by hash, blank names, no signer version', async t => {
  const file = join(t.testdir(), 'ITLSEP001122334455.tlv')
  const made = await run('build', file, ...CLUSTER, '--sast', SAST2, '--profile', 'cucm', '--json')
  const data = JSON.parse(made.stdout)
  t.match(data, { version: 1, file, signedBy: 3, headers: [{ fileName: 'ITLFile.tlv' }] })
  t.notOk('signerVersion' in data.headers[0])
  t.strictSame(
    data.records.map(({ role, dnsName, certificate }: Record<string, unknown>) => [role, dnsName, certificate !== undefined]),
    [
      ['CAPF', ' ', false],
      ['TVS', ' ', false],
      ['SAST', ' ', true],
      ['SAST', ' ', true],
      ['CCM+TFTP', ' ', true],
      ['TFTP', ' ', true],
    ],
  )
  const shown = await run('show', file)
  t.match(shown, { code: 0, stdout: /11\tCERTHASH\t20\t2A 5C 90 72 .*\n12\tHASH ALGORITHM\t1\tnull\n/ })
  t.match(shown.stdout, '2\tDNSNAME\t2\n')
})

t.test('a list that phones would not take is not made, and what is there stays', async t => {
  const cwd = t.testdir({ 'ITLFile.tlv': 'old' })
  const file = join(cwd, 'ITLFile.tlv')
  const refused: [args: string[], said: RegExp, code?: number][] = [
    [[], /--sast FILE is missing: it signs the list \(CLI_USAGE\)/],
    [['--sast', SAST1, '--sast', SAST2, '--sast', TFTP], /at most two SAST records.*PKI_TOO_MANY_SAST/],
    [['--sast', pemFile('ccm-ec')], /ccm-ec\.pem: only RSA-512, 1024, 2048 and 4096 .*PKI_SIGNER_KEY/],
    [['--sast', join(FOLDER, 'BUILD.txt')], /BUILD\.txt: .*PKI_BAD_PEM/],
    [['--sast', 'nobody.pem'], /nobody\.pem: .*PKI_FILE_UNREADABLE/],
    [[...CLUSTER, '--tvs', join(FOLDER, 'BUILD.txt')], /BUILD\.txt: .*CLI_BAD_CERTIFICATE_FILE/],
    [[...CLUSTER, '--digest', 'sha256'], /--digest must be sha1 \| sha512, got "sha256"/],
  ]
  for (const [args, said, code = 2] of refused) {
    const made = await run('build', file, ...args)
    t.match(made, { code, stderr: said })
    t.equal(made.stdout, '')
  }
  t.match(await run('build', SAST1, '--sast', SAST1), { code: 2, stderr: /is read and would be replaced/ })
  t.match(await run('build', join(cwd, 'none/x.tlv'), ...CLUSTER), {
    code: 1,
    stderr: /no such file or directory.*CLI_FILE_UNWRITABLE/,
  })
  t.match(await run('build', cwd, ...CLUSTER), { code: 1, stderr: /directory.*CLI_FILE_UNWRITABLE/ })
  t.match(await run('build', '/dev/full', ...CLUSTER), {
    code: 1,
    stderr: /^capf: \/dev\/full: the file cannot be written: no space left on device; .*CLI_FILE_UNWRITABLE\)\n$/,
  })
  t.equal(readFileSync(file, 'utf8'), 'old')
  t.strictSame(readdirSync(cwd), ['ITLFile.tlv'], 'nothing is left behind')
})

t.test('what phones may not like is said, and the list is made', async t => {
  const file = join(t.testdir(), 'ITLFile.tlv')
  const many = Array.from({ length: 60 }, () => ['--tvs', TVS]).flat()
  t.match(await run('build', file, ...CLUSTER, ...many), {
    code: 0,
    stderr: /warning: .*: the file is longer than 64 KB.*TRUST_LONG/,
  })
  t.match(await run('show', file), { code: 0, stderr: /TRUST_LONG/ })
  t.match(await run('build', file, '--sast', SAST1), { code: 0, stderr: /TRUST_NO_CAPF/ })
  const chain = join(t.testdir(), 'chain.pem')
  writeFileSync(chain, readFileSync(TVS, 'utf8') + readFileSync(CAPF, 'utf8'))
  t.match(await run('build', file, '--sast', SAST1, '--tvs', chain), { code: 0, stderr: /chain\.pem: the first of 2 certificates/ })
})

t.test('to stdout and from there, with the real program', async t => {
  const cwd = t.testdir()
  const made = await capf(['trustlist', 'build', 'ITLFile.tlv', ...CLUSTER], { cwd })
  t.match(made, { code: 0, stdout: /^wrote ITLFile\.tlv: 5 records, / })
  const piped = await capf(['trustlist', 'build', '-', ...CLUSTER], { cwd })
  t.equal(piped.code, 0)
  t.equal(piped.stdout.slice(0, 5), '\u0001\u0000\u0002\u0001\u0002', 'the list and nothing before it')
  t.match(await capf(['trustlist', 'verify', '-', '--at', AT], { cwd, input: readFileSync(join(cwd, 'ITLFile.tlv')) }), {
    code: 0,
    stdout: /^stdin: valid: 5 records/,
  })
})

t.test('diff says what changed and what becomes of phones', async t => {
  const cwd = t.testdir()
  const [before, after, reset] = ['before', 'after', 'reset'].map(name => join(cwd, `${name}.tlv`)) as [string, string, string]
  await run('build', before, ...CLUSTER, '--sast', SAST2)
  t.match(await run('diff', before, before), { code: 0, stdout: /^the records are the same\naccepted: / })

  await run('build', after, '--sast', SAST1, '--ccm-tftp', CCM, '--capf', pemFile('app'), '--tvs', TVS, '--profile', 'cucm')
  const accepted = await run('diff', before, after)
  t.match(accepted, {
    code: 0,
    stdout: /\naccepted: phones that have the first list take the second one: it is signed by its record 1 \(SAST, /,
  })
  t.match(accepted.stdout, /^added {6}CAPF, CN=app-server;OU=TLV;O=Throwaway {2}\(record 1\)$/m)
  t.match(accepted.stdout, /^removed {4}CAPF, CN=CAPF-0a1b2c3d;.* \(record 5\)$/m)
  t.match(accepted.stdout, /^rewritten {2}TVS, .*\n {11}form certificate → hash$/m)

  await run('build', after, '--sast', pemFile('phone'), '--capf', CAPF, '--tvs', TVS)
  t.match(await run('diff', before, after), { code: 0, stdout: /\nasks-tvs: phones that have the first list must ask TVS: / })
  await run('build', after, '--sast', pemFile('phone'), '--capf', CAPF, '--tvs', pemFile('tvs-ec'))
  t.match(await run('diff', before, after), {
    code: 1,
    stdout: /\nlocked-out: phones that have the first list keep it: .*every TVS certificate that they know is gone, too/,
  })
  t.match(await run('reset', after, '--sast', SAST2, '--out', reset), {
    code: 0,
    stdout: /HeaderLength 8\d\d, signed by CN=cucm-sast2/,
    stderr: /warning: .*after\.tlv: has no SAST record of .*sast2\.pem/,
  })
  t.match(await run('diff', before, reset), { code: 0, stdout: /headers 1 → 2, a reset list\n[\s\S]*\naccepted: / })
  t.match(JSON.parse((await run('diff', before, after, '--json')).stdout), {
    version: 1,
    before,
    after,
    headers: [{ what: 'signer' }],
    phones: { verdict: 'locked-out', cause: 'tvs-renewed' },
  })
  t.match(await run('diff', recordedFile('ITLFile.tlv'), join(FOLDER, 'bad-flip-filename.tlv')), { code: 1, stdout: /\nrefused: / })
  t.match(await run('diff', before, TVS), {
    code: 2,
    stderr: /tvs\.pem: header\.Version: .*TLV_BAD_VERSION\); give the file as .*CLI_BAD_SIGNED_FILE/,
  })
})

t.test('a renewed certificate is called so, with what it means', NEEDS_OPENSSL, async t => {
  const cwd = t.testdir()
  const renewed = join(cwd, 'capf.pem')
  const subject = '/O=Throwaway/OU=TLV/CN=CAPF-0a1b2c3d'
  openssl([
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    subject,
    '-days',
    '365',
    '-keyout',
    join(cwd, 'key'),
    '-out',
    renewed,
  ])
  const [before, after] = [join(cwd, 'before.tlv'), join(cwd, 'after.tlv')]
  await run('build', before, ...CLUSTER)
  await run('build', after, ...CLUSTER.map(word => (word === CAPF ? renewed : word)))
  const { code, stdout } = await run('diff', before, after)
  t.equal(code, 0)
  t.match(stdout, /^renewed {4}CAPF, CN=CAPF-0a1b2c3d;OU=TLV;O=Throwaway {2}\(record 4\)$/m)
  for (const line of [
    /^ {11}serial number \w+ → \w+$/m,
    /^ {11}key RSA …\w+ → RSA …\w+$/m,
    /^ {11}valid until 2036-11-18 → \d{4}-\d\d-\d\d$/m,
  ])
    t.match(stdout, line)
  t.match(stdout, /^ {11}phones restart to fetch the new list; issue the LSCs again$/m)
})

t.test('a reset list is shown with both headers, and verified by the outer one', async t => {
  const cwd = t.testdir()
  const [file, out] = [join(cwd, 'ITLFile.tlv'), join(cwd, 'reset.tlv')]
  await run('build', file, ...CLUSTER, '--sast', SAST2)
  const made = await run('reset', file, '--sast', SAST2, '--out', out)
  t.equal(made.code, 0)
  t.equal(made.stderr, '', 'the recovery certificate is in the list')
  t.ok(readFileSync(out).subarray(-statSync(file).size).equals(readFileSync(file)), 'the old file is in it')
  t.match(await run('verify', out, '--at', AT), { code: 0, stdout: /signed by record 2 \(SAST, CN=cucm-sast2/ })
  const { stdout } = await run('show', out)
  t.equal(stdout.match(/^HeaderLength:\t/gm)?.length, 2)
  t.equal(stdout.match(/was used to sign/g)?.length, 1)
  for (const [from, to] of [
    [out, '2.tlv'],
    ['2.tlv', '3.tlv'],
    ['3.tlv', '4.tlv'],
  ] as const) {
    const { code, stderr } = await run('reset', resolve(cwd, from), '--sast', SAST2, '--out', join(cwd, to))
    t.strictSame([code, /PKI_RESET_TOO_OFTEN/.test(stderr)], to === '4.tlv' ? [2, true] : [0, false], to)
  }
  t.notOk(existsSync(join(cwd, '4.tlv')), 'what nobody could read is not written')
  t.match(await run('reset', file, '--out', out), { code: 2, stderr: '--sast FILE is missing' })
  t.match(await run('reset', file, '--sast', SAST2, '--out', file), { code: 2, stderr: /is read and would be replaced/ })
})
