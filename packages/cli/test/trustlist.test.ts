import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseTrustList, ROLES, type RoleName } from '@capfkit/codec/tlv'
import t from 'tap'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'
import { AT, FOLDER, parsedByOthers, pemFile, recordedFile } from './trust-files.ts'

const run = (...args: readonly string[]) => onTerminal(['trustlist', ...args], { isTTY: false })
const ITL = recordedFile('ITLFile.tlv')
const CTL = recordedFile('CTLFile.tlv')
const FLIPPED = join(FOLDER, 'bad-flip-filename.tlv')

const bytesOf = (text: string | undefined) => Number.parseInt(text ?? '', 10)
const roleByPrint = (print: string | undefined) => (Object.keys(ROLES) as RoleName[]).find(name => ROLES[name].print === print)

/** The table of one record as it was printed: length and value by name. */
const fieldsOf = (lines: readonly string[]) =>
  new Map(
    lines.flatMap(line => {
      const [, name, length, value] = /^\d+\t([A-Z ]+)\t(\d+)\t?(.*)$/.exec(line) ?? []
      return name ? [[name, { length: Number(length), value }] as const] : []
    }),
  )

for (const kind of ['ITL', 'CTL'])
  t.test(`show prints the recorded ${kind} as show ${kind.toLowerCase()} does, with what another tool reads in it`, async t => {
    const { code, stdout } = await run('show', recordedFile(`${kind}File.tlv`))
    t.equal(code, 0)
    const bytes = readFileSync(recordedFile(`${kind}File.tlv`))
    const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex')
    const lines = stdout.split('\n')
    t.strictSame(lines.slice(0, 5), [
      `The checksum value of the ${kind} file:`,
      `${hash('md5')}(MD5)`,
      `${hash('sha1')}(SHA1)`,
      '',
      `Length of ${kind} file: ${bytes.length}`,
    ])
    t.match(
      lines[5],
      new RegExp(`^The ${kind} File was last modified on [A-Z][a-z]{2} [A-Z][a-z]{2} \\d\\d \\d\\d:\\d\\d:\\d\\d \\S+ \\d{4}$`),
    )
    t.equal(lines.at(-2), `The ${kind} file was verified successfully.`)

    const [, ...theirs] = parsedByOthers(`${kind}File`)
    const ours = stdout.split(`\t${kind} Record #:`).slice(1)
    t.equal(ours.length, theirs.length)
    for (const [index, block] of ours.entries()) {
      const their = theirs[index]!
      const fields = fieldsOf(block.split('\n'))
      const value = (name: string) => fields.get(name)?.value
      t.equal(value('RECORDLENGTH'), String(bytesOf(their['Record Length'])), `record ${index + 1}`)
      t.equal(value('SUBJECTNAME'), their['Subject Name'])
      t.equal(value('ISSUERNAME'), their['Issuer Name'])
      t.equal(value('SERIALNUMBER')?.replaceAll(':', '').toLowerCase(), their['Serial Numer'])
      t.equal(roleByPrint(value('FUNCTION')), their.Role)
      t.equal(fields.get('PUBLICKEY')?.length, bytesOf(their['Public Key']))
      t.equal(fields.get('SIGNATURE')?.length, bytesOf(their.Signature))
      t.equal(fields.get('CERTIFICATE')?.length, bytesOf(their.Certificate))
      t.equal(value('CERTIFICATE')?.replace(' (SHA1 Hash HEX)', '').replaceAll(' ', '').toLowerCase(), their['Certificate Hash'])
      t.equal(block.includes(`This etoken was used to sign the ${kind} file.`), index === 0)
    }
  })

t.test('show --json says the same as data', async t => {
  const { code, stdout } = await run('show', ITL, '--json')
  t.equal(code, 0)
  const shown = JSON.parse(stdout)
  const [head, ...theirs] = parsedByOthers('ITLFile')
  t.match(shown, { version: 1, file: ITL, kind: 'ITL', lengthBytes: 10823, verified: true, signedBy: 1, findings: [] })
  t.match(shown.headers, [{ version: '1.2', headerLength: 408, signerVersion: '1.1', digest: 'sha1', signatureBytes: 256 }])
  t.equal(shown.headers[0].signer.serialNumber, head?.['Serial Number'])
  t.strictSame(
    shown.records.map((record: { role: string; certificate: { sha1: string } }) => [record.role, record.certificate.sha1]),
    theirs.map(their => [their.Role, their['Certificate Hash']]),
  )
})

t.test('a list with one flipped bit is shown and does not verify', async t => {
  const shown = await run('show', FLIPPED)
  t.equal(shown.code, 1)
  t.match(shown.stdout, /Verification of the ITL file failed\.\n$/)
  t.notMatch(shown.stdout, 'was used to sign')
  t.match(JSON.parse((await run('show', FLIPPED, '--json')).stdout), {
    verified: false,
    findings: [{ code: 'TRUST_BAD_SIGNATURE' }],
  })
  t.match(await run('verify', FLIPPED, '--at', AT), {
    code: 1,
    stdout: /^problem: the signature does not fit .*\(TRUST_BAD_SIGNATURE\)\n.*not valid: 1 problem\n$/,
  })
})

t.test('no file, and files that are no list, are told in the words of CUCM', async t => {
  const cwd = t.testdir({ 'ITLFile.tlv': '', 'page.tlv': '<html>404</html>' })
  const cut = join(cwd, 'CTLFile.tlv')
  writeFileSync(cut, readFileSync(CTL).subarray(0, 5000))
  t.strictSame((await run('show', join(cwd, 'CTLSEP001122334455.tlv'))).stdout.split('\n'), [
    'Length of CTL file: 0',
    'CTL File not found. Please run CTLClient plugin or run the CLI - utils ctl..',
    'Error parsing the CTL File.',
    '',
  ])
  t.match(await run('show', join(cwd, 'ITLFile.tlv')), {
    code: 1,
    stdout:
      /^Length of ITL file: 0\nITL File not found\. To generate an ITL file, activate or restart the Cisco TFTP service .*\nError parsing the ITL File\.\n$/,
  })
  t.match(await run('show', cut), {
    code: 1,
    stdout: /\nLength of CTL file: 5000\n[\s\S]*\nError parsing the CTL File\.\n$/,
    stderr: /^capf: .*CTLFile\.tlv: record 4\.RECORDLENGTH: .* \(byte \d+, TLV_BAD_RECORD_LENGTH\)\n$/,
  })
  t.match(await run('show', join(cwd, 'page.tlv')), { code: 1, stderr: /\(byte 0, TLV_BAD_VERSION\)/ })
  const data = JSON.parse((await run('show', cut, '--json')).stdout)
  t.match(data, {
    version: 1,
    kind: 'CTL',
    verified: false,
    error: { code: 'TLV_BAD_RECORD_LENGTH', where: 'record 4.RECORDLENGTH' },
  })
  t.match(JSON.parse((await run('show', join(cwd, 'none.tlv'), '--json')).stdout), { version: 1, lengthBytes: 0, verified: false })
  t.match(await run('show', cwd), { code: 2, stderr: /CLI_FILE_UNREADABLE/ })
  t.match(await run('verify', join(cwd, 'none.tlv')), { code: 2, stderr: /no such file or directory/ })
  t.match(await run('verify', cut), { code: 1, stdout: /not valid: record 4\.RECORDLENGTH: / })
  t.match(JSON.parse((await run('verify', cut, '--json')).stdout), {
    version: 1,
    ok: false,
    error: { code: 'TLV_BAD_RECORD_LENGTH' },
  })
  writeFileSync(join(cwd, 'huge.tlv'), Buffer.alloc(1_048_577))
  t.match(await run('show', join(cwd, 'huge.tlv')), { code: 2, stderr: /CLI_FILE_TOO_LARGE/ })
})

t.test('verify says whose word it takes', async t => {
  const verify = (...args: string[]) => run('verify', CTL, '--at', AT, ...args)
  t.match(await verify(), {
    code: 0,
    stdout: /valid: 5 records, signed by record 1 \(SAST, .*\); nothing but the list itself vouches/,
  })
  for (const signer of [pemFile('sast1'), ITL]) {
    const { code, stdout } = await verify('--signer', signer)
    t.equal(code, 0, signer)
    t.notMatch(stdout, 'vouches')
  }
  t.match(await verify('--signer', pemFile('capf'), '--signer', pemFile('sast2')), { code: 1, stdout: /\(TRUST_UNKNOWN_SIGNER\)/ })
  t.match(await verify('--signer', pemFile('capf'), '--signer', pemFile('sast1')), { code: 0 })
  t.match(await verify('--signer', 'nobody.pem'), { code: 2, stderr: /nobody\.pem: .*CLI_FILE_UNREADABLE/ })
  t.match(await verify('--signer', join(FOLDER, 'BUILD.txt')), { code: 2, stderr: /CLI_BAD_CERTIFICATE_FILE/ })
})

t.test('verify judges dates by the time that is given', async t => {
  const at = (time: string) => run('verify', ITL, '--at', time)
  t.match(await at('2050-01-01T00:00:00Z'), {
    code: 1,
    stdout: /problem: record 1 \(SAST, .*\): the certificate has expired: since 2036-.*\(TRUST_CERTIFICATE_EXPIRED\)\n/,
  })
  t.match(await at('2020-01-01'), { code: 1, stdout: /TRUST_CERTIFICATE_EARLY/ })
  t.match(await at('none'), { code: 0 })
  for (const wrong of ['2026-13-45', 'tomorrow'])
    t.match(await at(wrong), { code: 2, stderr: /^capf: --at must be an ISO date, .*CONFIG_OUT_OF_RANGE/ })
  const expired = JSON.parse((await run('verify', ITL, '--at', '2050-01-01', '--json')).stdout)
  t.match(expired, {
    version: 1,
    ok: false,
    signedBy: 1,
    findings: [{ code: 'TRUST_CERTIFICATE_EXPIRED', record: 1, severity: 'problem' }],
  })
})

t.test('a record that does not match its certificate is named', async t => {
  const bytes = Buffer.from(readFileSync(ITL))
  const { span } = parseTrustList(bytes).records[4]!
  bytes.write('x', span.start + 8)
  const file = join(t.testdir(), 'ITLFile.tlv')
  writeFileSync(file, bytes)
  t.match(await run('verify', file, '--at', AT), {
    code: 1,
    stdout: /record 5 \(TFTP, .*\): the record says something else than its certificate: SUBJECTNAME \(TRUST_RECORD_MISMATCH\)/,
  })
})

t.test('the program itself: from stdin, from a folder without permission, with a wrong flag', async t => {
  const cwd = t.testdir()
  const piped = await capf(['trustlist', 'show', '-'], { cwd, input: readFileSync(ITL) })
  t.equal(piped.code, 0)
  t.notMatch(piped.stdout, 'last modified', 'nobody knows when stdin was')
  t.match(await capf(['trustlist', 'verify', ITL, '--singer', 'x'], { cwd }), { code: 2, stderr: /did you mean --signer\?/ })
  mkdirSync(join(cwd, 'folder'))
  t.match(await capf(['trustlist', 'verify', 'folder'], { cwd }), { code: 2, stderr: /CLI_FILE_UNREADABLE/ })
})

t.test('every verb has help with an example', async t => {
  for (const verb of ['show', 'verify', 'build', 'diff', 'reset'])
    t.match(await run(verb, '--help'), { code: 0, stdout: new RegExp(`Example:\\n[\\s\\S]*capf trustlist ${verb} `) }, verb)
})

t.test('decode shows the header of lists and signed files', async t => {
  const decode = (...args: readonly string[]) => onTerminal(['decode', ...args], { isTTY: false })
  t.match(await decode(ITL), { code: 0, stdout: /^trust list, 8 records; see capf trustlist show\nVersion:\t1\.2\n/ })
  const encrypted = recordedFile('SEP00000000D001.cnf.xml.enc.sgn')
  t.match(await decode(encrypted), {
    code: 0,
    stdout: /^encrypted and signed file, 448 bytes of content\n[\s\S]*\n25\tENCRYPTEDKEY\t256\n/,
  })
  const data = JSON.parse((await decode(encrypted, '--json')).stdout)
  t.match(data, { version: 1, kind: 'signed file', header: { version: '2.0', encryption: { keySizeBits: 2048, paddingBytes: 6 } } })
  t.match(JSON.parse((await decode(CTL, '--json')).stdout), { kind: 'trust list', records: [{ role: 'SAST' }] })
  const cut = join(t.testdir(), 'cut')
  writeFileSync(cut, readFileSync(ITL).subarray(0, 300))
  t.match(await decode(cut), { code: 1, stderr: /\(byte 300, TLV_TRUNCATED\)/ })
})

t.test('errors knows the codes', async t => {
  const errors = (code: string) => onTerminal(['errors', code], { isTTY: false })
  t.match(await errors('TLV_BAD_ORDER'), { code: 0, stdout: /TLV_BAD_ORDER\n/ })
  t.match(await errors('trust_no_capf'), { code: 0, stdout: /TRUST_NO_CAPF\n {2}warning: / })
})
