import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@capfkit/listen'
import { derToPem } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { AdcsError, CertificationAuthority, type WebCertificateKind } from '../src/adcs/index.ts'
import { csrDer, lab } from './adcs-lab.ts'
import { needsCurl, run } from './adcs-programs.ts'

/** In ASCII: curl makes UTF-16 of a password byte by byte. */
const PASSWORD = 'secret 1+1=2'

/** A simulator, and curl in a folder with the request and the CA that it trusts. */
const curlLab = async (t: Test, options: Parameters<typeof lab>[1] = {}) => {
  const made = await lab(t, { users: { ciscora: PASSWORD }, ...options, client: { password: PASSWORD, ...options.client } })
  const folder = t.testdir({
    'ca.pem': derToPem([...made.simulator.authority.roots]),
    'request.pem': derToPem(csrDer, 'CERTIFICATE REQUEST'),
    attributes: 'CertificateTemplate:CiscoRA',
  })
  const curl = (...args: string[]) => run(['curl', '-sS', '--cacert', 'ca.pem', ...args], folder)
  const url = `https://${made.server}/certsrv`
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  const status = async (...args: string[]) => (await curl('-o', 'page', '-w', '%{http_code} %{num_connects}', ...args)).stdout
  return { ...made, folder, curl, url, openssl, status }
}

const SUBMIT = [
  'Mode=newreq',
  'CertRequest@request.pem',
  'CertAttrib@attributes',
  'TargetStoreFlags=0',
  'SaveCert=yes',
  'ThumbPrint=',
].flatMap(field => ['--data-urlencode', field])

for (const [scheme, options] of [
  ['ntlm', {}],
  ['basic', { basic: true }],
] as const)
  t.test(
    `curl enrols with --${scheme}, and openssl reads what comes out`,
    needsCurl(scheme === 'ntlm' ? 'NTLM' : undefined),
    async t => {
      const { curl, url, openssl, folder, status, iisLines } = await curlLab(t, { options })
      const login = [`--${scheme}`, '-u', `TEST\\ciscora:${PASSWORD}`]
      t.equal(await status(...login, url), '301 1')
      t.equal(await status(...login, ...SUBMIT, `${url}/certfnsh.asp`), '200 1')
      const [, id] = /certnew\.cer\?ReqID=(\d+)&/.exec(readFileSync(join(folder, 'page'), 'utf8')) ?? []
      t.equal(id, '1')
      t.equal((await curl(...login, '-o', 'cert.pem', `${url}/certnew.cer?ReqID=${id}&Enc=b64`)).code, 0)
      t.match(openssl('verify', '-CAfile', 'ca.pem', 'cert.pem'), 'cert.pem: OK')
      t.match(
        openssl('x509', '-in', 'cert.pem', '-noout', '-subject', '-ext', 'keyUsage'),
        /CN = SEP001122334455[\s\S]*Digital Signature, Key Encipherment/,
      )
      await curl(...login, '-o', 'chain.p7b', `${url}/certnew.p7b?ReqID=CACert&Renewal=0&Enc=bin`)
      t.match(openssl('pkcs7', '-inform', 'DER', '-in', 'chain.p7b', '-print_certs', '-noout'), 'subject=CN = TEST-LAB-CA')
      await curl(...login, '-A', 'Mozilla/5.0', '-D', 'headers', '-o', 'cert.cer', `${url}/certnew.cer?ReqID=${id}&Enc=bin`)
      t.match(readFileSync(join(folder, 'headers'), 'utf8'), /^content-type: application\/pkix-cert/im)
      t.equal(
        openssl('x509', '-inform', 'DER', '-in', 'cert.cer', '-noout', '-fingerprint'),
        openssl('x509', '-in', 'cert.pem', '-noout', '-fingerprint'),
      )
      t.ok(iisLines.some(line => line.includes(` TEST\\ciscora 127.0.0.1 curl/`)))
    },
  )

t.test('curl keeps one NTLM connection for several pages', needsCurl('NTLM'), async t => {
  const { curl, url, iisLines } = await curlLab(t)
  const login = ['--ntlm', '-u', `ciscora:${PASSWORD}`]
  const { stdout } = await curl(
    ...login,
    '-w',
    '%{num_connects} ',
    '-o',
    'a',
    url,
    '-o',
    'b',
    `${url}/certrqxt.asp`,
    '-o',
    'c',
    `${url}/certcarc.asp`,
  )
  t.equal(stdout, '1 0 0 ')
  t.strictSame(
    iisLines.map(line => line.split(' ').at(-4)),
    ['401', '301', '200', '200'],
  )
})

t.test('curl is refused where it must be', needsCurl('NTLM'), async t => {
  const { url, status, iisLines } = await curlLab(t, { options: { extendedProtection: 'require' } })
  t.equal(await status(url), '401 1')
  t.equal(await status('--ntlm', '-u', 'ciscora:wrong', url), '401 1')
  t.equal(await status('--basic', '-u', `ciscora:${PASSWORD}`, url), '401 1')
  // curl binds no login to its connection, which is what Extended Protection is there to refuse.
  t.equal(await status('--ntlm', '-u', `ciscora:${PASSWORD}`, url), '401 1')
  t.strictSame(
    iisLines.map(line => line.split(' ').slice(-3, -1).join(' ')),
    ['2 5', '1 2148074254', '1 2148074252', '2 5', '1 2148074254', '1 2148074310'],
  )
})

const SAME_TIME = [/\d+ (ms|milliseconds)/g, 'N $1'] as const

/** What curl says on stderr, without its own prefix. */
const spoken = (stderr: string) => /^curl: \(\d+\) (.*)/m.exec(stderr)?.[1]?.replace(...SAME_TIME)

const oneCall = async (call: Promise<unknown>): Promise<AdcsError | undefined> =>
  call.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof AdcsError) return error
      throw error
    },
  )

t.test('curl says of each certificate what we say that it says', needsCurl(), async t => {
  const subordinate = await CertificationAuthority.create({
    name: 'TEST-LAB-CA',
    keySpec: { type: 'ec', curve: 'secp256r1' },
    subordinate: true,
    issuedDays: 365,
    now: () => new Date(),
  })
  const seen: Record<string, number | null> = {}
  for (const webCertificate of [
    'good',
    'leaf-only',
    'self-signed',
    'wrong-name',
    'expired',
    'not-yet-valid',
  ] as WebCertificateKind[]) {
    const { curl, url, client } = await curlLab(t, { authority: subordinate, options: { webCertificate } })
    const { code, stderr } = await curl(url)
    seen[webCertificate] = code
    const error = await oneCall(client.checkTemplate('CiscoRA'))
    t.strictSame(
      { number: error?.curl?.number ?? 0, words: error?.curl?.words },
      { number: code, words: spoken(stderr) },
      webCertificate,
    )
  }
  t.strictSame(seen, { good: 0, 'leaf-only': 60, 'self-signed': 60, 'wrong-name': 60, expired: 60, 'not-yet-valid': 60 })
  const { curl, url, folder, clientWith } = await curlLab(t, { authority: subordinate })
  const other = await CertificationAuthority.create({
    name: 'OTHER',
    keySpec: { type: 'ec', curve: 'secp256r1' },
    subordinate: false,
    issuedDays: 1,
    now: () => new Date(),
  })
  writeFileSync(join(folder, 'ca.pem'), derToPem([...other.roots]))
  const { code, stderr } = await curl(url)
  const error = await oneCall(clientWith({}, { trusted: other.roots }).caChain())
  t.strictSame([error?.curl?.number, error?.curl?.words], [code, spoken(stderr)], 'a root that nobody trusts')
})

t.test('curl says of each connection what we say that it says', needsCurl(), async t => {
  const { curl, url, simulator, clientWith } = await curlLab(t, { options: { basic: true } })
  const client = clientWith({ authentication: 'basic' })
  const basic = ['--basic', '-u', `ciscora:${PASSWORD}`]
  for (const kind of ['close', 'reset', 'cut'] as const) {
    simulator.setFault('login', { kind })
    const { code, stderr } = await curl(...basic, url)
    const error = await oneCall(client.checkTemplate('CiscoRA'))
    // OpenSSL tells curl 7.88 of a reset in words of its own.
    const words = spoken(stderr)?.replace(
      /^OpenSSL SSL_read: Connection reset by peer, errno 104$/,
      'Recv failure: Connection reset by peer',
    )
    t.strictSame({ number: error?.curl?.number, words: error?.curl?.words }, { number: code, words }, kind)
  }
  const port = await freePort()
  const { code, stderr } = await curl(`https://127.0.0.1:${port}/certsrv`)
  const error = await oneCall(clientWith({ server: `127.0.0.1:${port}` }).caChain())
  t.strictSame([error?.curl?.number, error?.curl?.words.replace(...SAME_TIME)], [code, spoken(stderr)], 'nobody listens')
})
