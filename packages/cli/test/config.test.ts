import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSignedFile, signedParts } from '@capfkit/codec/tlv'
import t from 'tap'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'
import { AT, FOLDER, NEEDS_OPENSSL, openssl, parsedByOthers, pemFile, recordedFile } from './trust-files.ts'

const run = (...args: readonly string[]) => onTerminal(['config', ...args], { isTTY: false })
const [TFTP, PHONE, CAPF] = [pemFile('tftp'), pemFile('phone'), pemFile('capf')]
const PLAIN = recordedFile('plain.cnf.xml')
const NAME = 'SEP00000000D001.cnf.xml'
const RECORDED = recordedFile(`${NAME}.enc.sgn`)

/** A folder with the plain file. */
const folderOf = (t: { testdir(): string }) => {
  const cwd = t.testdir()
  copyFileSync(PLAIN, join(cwd, NAME))
  return { cwd, plain: join(cwd, NAME), signed: join(cwd, `${NAME}.sgn`), encrypted: join(cwd, `${NAME}.enc.sgn`) }
}

t.test('sign puts a header before the content, under the name by which phones ask', async t => {
  const { plain, signed } = folderOf(t)
  t.match(await run('sign', plain, '--signer', TFTP), { code: 0, stdout: `wrote ${signed}: 442 bytes, signed\n` })
  const { header, content } = parseSignedFile(readFileSync(signed))
  t.ok(content.equals(readFileSync(PLAIN)))
  t.match(header, { version: { major: 1, minor: 0 }, fileName: `${NAME}.sgn` })
  t.match(await run('verify', signed, '--signer', TFTP, '--at', AT), {
    code: 0,
    stdout: /: valid: signed by CN=cucm-tftp;OU=TLV;O=Throwaway\n$/,
  })
  t.match(await run('verify', signed, '--signer', recordedFile('ITLFile.tlv'), '--at', AT), { code: 0 }, 'a list says who may sign')
  const data = JSON.parse((await run('sign', plain, '--signer', TFTP, '--file-name', 'x.sgn', '--json')).stdout)
  t.match(data, { version: 1, file: signed, fileName: 'x.sgn', contentBytes: 442 })
})

for (const digest of ['sha1', 'sha512'])
  t.test(`openssl verifies and decrypts what is encrypted with ${digest}`, NEEDS_OPENSSL, async t => {
    const { cwd, plain, encrypted } = folderOf(t)
    const made = await run('encrypt', plain, '--signer', TFTP, '--phone-certificate', PHONE, '--digest', digest)
    t.match(made, { code: 0, stdout: `wrote ${encrypted}: 442 bytes, encrypted and signed\n` })
    const bytes = readFileSync(encrypted)
    const { header, content } = parseSignedFile(bytes)
    const file = (name: string, data: Buffer) => {
      writeFileSync(join(cwd, name), data)
      return join(cwd, name)
    }
    const key = file('key', openssl(['x509', '-in', TFTP, '-noout', '-pubkey']))
    const signature = file('signature', header.signature)
    const signed = file('signed', Buffer.concat(signedParts(bytes, header)))
    t.match(openssl(['dgst', `-${digest}`, '-verify', key, '-signature', signature, signed]).toString(), 'Verified OK')

    const { iv, paddingBytes } = header.encryption!.content
    const contentKey = openssl(['pkeyutl', '-decrypt', '-inkey', PHONE], header.encryption!.key.encryptedKey)
    const cipher = ['-aes-128-cbc', '-K', contentKey.toString('hex'), '-iv', iv.toString('hex'), '-nopad']
    const padded = openssl(['enc', '-d', ...cipher], content)
    t.ok(padded.subarray(0, -paddingBytes).equals(readFileSync(PLAIN)))
    t.strictSame([...padded.subarray(-paddingBytes)], Array(paddingBytes).fill(0x0d))
    const found = openssl(['dgst', `-${digest}`, '-binary'], readFileSync(PLAIN))
    t.ok(header.contentDigest?.equals(found))
  })

t.test('what was encrypted is decrypted to where it is told, and nothing else is touched', async t => {
  const { cwd, plain, encrypted } = folderOf(t)
  await run('encrypt', plain, '--signer', TFTP, '--phone-certificate', PHONE)
  writeFileSync(plain, 'something else')
  const out = join(cwd, 'plain.xml')
  t.match(await run('decrypt', encrypted, '--key', PHONE, '--out', out, '--signer', TFTP, '--at', AT), { code: 0 })
  t.ok(readFileSync(out).equals(readFileSync(PLAIN)))
  t.equal(readFileSync(plain, 'utf8'), 'something else')
})

t.test('the recorded files are judged as the tool that made them judges them', async t => {
  for (const name of ['XMLDefault.cnf.xml.sgn', `${NAME}.sgn`, `${NAME}.enc.sgn`]) {
    const [theirs] = parsedByOthers(name)
    const { code, stdout } = await run('verify', recordedFile(name), '--signer', TFTP, '--at', AT, '--json')
    t.equal(code, 0, name)
    t.match(readFileSync(recordedFile(`${name}.parse.txt`), 'utf8'), 'Valid signature')
    const { header } = JSON.parse(stdout)
    t.equal(header.version, theirs?.Version)
    t.equal(header.headerLength, Number.parseInt(theirs?.['Header Length'] ?? '', 10))
    t.equal(header.signer.name, theirs?.['Signer Name'])
    t.equal(header.signer.serialNumber, theirs?.['Serial Number'])
    t.equal(header.fileName, theirs?.Filename)
    t.equal(header.timestamp, `${theirs?.Timestamp?.replace(' ', 'T')}.000Z`)
    t.equal(header.encryption?.contentDigest, theirs?.['Encryption Digest'])
  }
})

t.test('decrypt gives the plain file to its owner only', async t => {
  const cwd = t.testdir()
  const file = join(cwd, `${NAME}.enc.sgn`)
  copyFileSync(RECORDED, file)
  const made = await run('decrypt', file, '--key', PHONE, '--signer', recordedFile('ITLFile.tlv'), '--at', AT)
  t.match(made, { code: 0, stdout: `wrote ${join(cwd, NAME)}: 442 bytes, decrypted\n` })
  t.ok(readFileSync(join(cwd, NAME)).equals(readFileSync(PLAIN)))
  t.equal(statSync(join(cwd, NAME)).mode & 0o777, 0o600)
  const unsigned = await run('decrypt', file, '--key', PHONE, '--json')
  t.match(unsigned.stderr, /the signature is not looked at, see --signer/)
  t.match(JSON.parse(unsigned.stdout), { version: 1, contentBytes: 442, verified: false })
  const piped = await capf(['config', 'decrypt', '-', '--key', PHONE, '--out', '-'], { cwd, input: readFileSync(RECORDED) })
  t.equal(piped.code, 0)
  t.equal(piped.stdout, readFileSync(PLAIN, 'utf8'))
})

t.test('nothing is written that was not meant for this key, or not signed by who is believed', async t => {
  const cwd = t.testdir()
  const out = join(cwd, 'out.xml')
  const decrypt = (file: string, ...args: string[]) => run('decrypt', file, '--out', out, ...args)
  t.match(await decrypt(RECORDED, '--key', TFTP), { code: 1, stderr: /PKI_(?:DECRYPT_FAILED|BAD_CONTENT_DIGEST)/ })
  t.match(await decrypt(RECORDED, '--key', pemFile('phone-ec')), { code: 1, stderr: /PKI_DECRYPT_FAILED/ })
  t.match(await decrypt(RECORDED, '--key', PHONE, '--signer', CAPF), {
    code: 1,
    stderr: /TRUST_UNKNOWN_SIGNER.*\n.*nothing is written/,
  })
  const damaged = join(cwd, 'damaged')
  const bytes = readFileSync(RECORDED)
  bytes[bytes.length - 20]! ^= 1
  writeFileSync(damaged, bytes)
  t.match(await decrypt(damaged, '--key', PHONE), { code: 1, stderr: /PKI_BAD_CONTENT_DIGEST/ })
  const judged = await decrypt(damaged, '--key', PHONE, '--signer', TFTP, '--at', AT, '--json')
  t.equal(judged.code, 1)
  t.match(JSON.parse(judged.stdout), { version: 1, ok: false, findings: [{ code: 'TRUST_BAD_SIGNATURE' }] })
  t.match(await decrypt(recordedFile(`${NAME}.sgn`), '--key', PHONE), { code: 2, stderr: /PKI_NOT_ENCRYPTED/ })
  t.match(await decrypt(PLAIN, '--key', PHONE), { code: 2, stderr: /header\.Version: .*TLV_BAD_VERSION.*CLI_BAD_SIGNED_FILE/ })
  t.match(await decrypt(RECORDED, '--key', join(FOLDER, 'BUILD.txt')), {
    code: 2,
    stderr: /BUILD\.txt: .*private key.*CLI_BAD_CERTIFICATE_FILE/,
  })
  t.notOk(existsSync(out))
  t.match(await run('decrypt', RECORDED, '--key', PHONE, '--out', '/dev/full'), { code: 1, stderr: /no space left on device/ })
  t.match(await run('decrypt', 'config.xml', '--key', PHONE), {
    code: 2,
    stderr: /--out FILE is missing: config\.xml does not end in \.enc\.sgn/,
  })
  t.strictSame(readdirSync(cwd), ['damaged'])
})

t.test('verify says what is wrong', async t => {
  const cwd = t.testdir()
  const verify = (file: string, ...args: string[]) => run('verify', file, '--at', AT, ...args)
  t.match(await verify(RECORDED), { code: 2, stderr: /--signer FILE is missing/ })
  t.match(await verify(RECORDED, '--signer', CAPF), { code: 1, stdout: /TRUST_UNKNOWN_SIGNER\)\n.*not valid: 1 problem\n/ })
  t.match(await run('verify', RECORDED, '--signer', TFTP, '--at', '2050-01-01'), { code: 1, stdout: /TRUST_CERTIFICATE_EXPIRED/ })
  const renamed = join(cwd, 'SEP00000000D002.cnf.xml.enc.sgn')
  copyFileSync(RECORDED, renamed)
  t.match(await verify(renamed, '--signer', TFTP), {
    code: 0,
    stdout: /^warning: the file was signed under another name.*TRUST_OTHER_NAME\)\n/,
  })
  t.match(await verify(PLAIN, '--signer', TFTP), { code: 1, stdout: /not valid: header\.Version: .*TLV_BAD_VERSION/ })
  t.match(JSON.parse((await verify(PLAIN, '--signer', TFTP, '--json')).stdout), {
    version: 1,
    ok: false,
    error: { code: 'TLV_BAD_VERSION' },
  })
})

t.test('sign and encrypt say what they lack', async t => {
  const { cwd, plain, signed } = folderOf(t)
  t.match(await run('sign', plain), { code: 2, stderr: /--signer FILE is missing/ })
  t.match(await run('encrypt', plain), { code: 2, stderr: /--signer FILE is missing[\s\S]*--phone-certificate FILE is missing/ })
  t.match(await run('sign', plain, '--signer', pemFile('tvs-ec')), { code: 2, stderr: /tvs-ec\.pem: only RSA-512.*PKI_SIGNER_KEY/ })
  t.match(await run('encrypt', plain, '--signer', TFTP, '--phone-certificate', pemFile('phone-ec')), {
    code: 2,
    stderr: /phone-ec\.pem: the key of this phone is EC, and only RSA keys can decrypt/,
  })
  t.match(await run('sign', plain, '--signer', TFTP, '--out', plain), { code: 2, stderr: /is read and would be replaced/ })
  t.match(await run('sign', '-', '--signer', TFTP), { code: 2, stderr: /--file-name NAME is missing: stdin has none/ })
  t.match(await run('sign', join(cwd, 'none.xml'), '--signer', TFTP), { code: 2, stderr: /no such file or directory/ })
  t.match(await run('sign', plain, '--signer', TFTP, '--out', '/dev/full'), {
    code: 1,
    stderr: /no space left on device.*CLI_FILE_UNWRITABLE/,
  })
  t.notOk(existsSync(signed))
})

t.test('every verb has help with an example', async t => {
  for (const verb of ['sign', 'verify', 'encrypt', 'decrypt'])
    t.match(await run(verb, '--help'), { code: 0, stdout: new RegExp(`Example:\\n[\\s\\S]*capf config ${verb} `) }, verb)
})
