import { readFileSync } from 'node:fs'
import { parseErrorLog } from '@capfkit/codec/trace'
import { parseName } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { slashName } from '../src/authority/slash-name.ts'
import { adcsAuthority, ErrorLog, LIBEST_LINES } from '../src/index.ts'
import { accessTime } from '../src/server/error-log.ts'
import { lab } from './adcs-lab.ts'
import { ca, now, request, serve } from './world.ts'

const seed = readFileSync(new URL('../../../test-vectors/logs/ces-template-misspelt.txt', import.meta.url), 'utf8')

/** A server whose two logs are kept. */
const logged = async (t: Test, init: Parameters<typeof serve>[1] = {}) => {
  let [text, service] = ['', '']
  const errorLog = new ErrorLog({
    sink: { write: more => (text += more) },
    serviceSink: { write: more => (service += more) },
    now,
    pid: 3187,
  })
  const world = await serve(t, { errorLog, ...init })
  return { ...world, log: () => text, service: () => service, forget: () => (text = '') }
}

/** What may differ from run to run: times, addresses, numbers, names. */
const blurred = (log: string): string[] =>
  log
    .split('\n')
    .filter(line => line !== '')
    .map(line =>
      line
        .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/, 'TIME')
        .replace(/\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]/, '[TIME]')
        .replace(/\d+#\d+: \*\d+/, 'PROCESS')
        .replace(/len: \d+/, 'len: N')
        .replace(/store \(.*?\)/, 'store (NAME)')
        .replaceAll(/https:\/\/[^/\s]+/g, 'URL')
        .replaceAll(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, 'ADDRESS')
        .replace(/(server: ADDRESS):\d+/, '$1:PORT'),
    )

t.test('a request that the CA does not know a template for: the lines of the product, one by one', async t => {
  const { client: adcs, simulator } = await lab(t)
  const authority = adcsAuthority({ client: adcs, template: 'CiscoRa2', trusted: simulator.authority.roots, now })
  const { clientOf, log, forget } = await logged(t, { authority, options: { profile: 'libest' } })
  const client = clientOf({ options: { userAgent: 'Cisco EST client 1.0' } })
  // The challenge comes first, and is no failure.
  await client.simpleEnroll((await request()).csr).catch(() => {})
  forget()
  await t.rejects(client.simpleEnroll((await request()).csr), { code: 'EST_AUTH_FAILED', libest: { number: 22 } })
  const text = log()
  const end = text.lastIndexOf('***EST [INFO][est_enroll_auth')
  // Its last line is about a client that did not close in order, which this one does.
  const wanted = blurred(seed).filter(line => !line.includes('SSL_shutdown failed'))
  t.strictSame(blurred(text.slice(end)), wanted)
})

const HEADER = /^log_header /

t.test('what stands in the log of each outcome', async t => {
  const { clientOf, log, forget } = await logged(t)
  const linesOf = () => parseErrorLog(log()).map(entry => (entry.kind === 'libest' ? `${entry.by} ${entry.text}` : entry.kind))
  forget()
  await clientOf().caCerts()
  t.match(linesOf(), [
    /^log_access 127\.0\.0\.1 \[.*\] "GET \/\.well-known\/est\/cacerts HTTP\/1\.1" 200 \d+$/,
    'log_header -',
    /^log_header "capfkit EST client"$/,
  ])
  forget()
  await clientOf().simpleEnroll((await request()).csr)
  t.match(
    linesOf(),
    [/TLS: no peer/, / 401 0$/, HEADER, HEADER, /TLS: no peer/, / 200 \d+$/, HEADER, HEADER],
    'a challenge, and the certificate',
  )
  forget()
  await t.rejects(clientOf({ credentials: { user: 'phones', password: 'wrong' } }).simpleEnroll((await request()).csr))
  t.match(linesOf().slice(4), [
    'est_enroll_auth TLS: no peer certificate',
    'est_enroll_auth HTTP authentication failed. Auth type=1',
    'est_http_request Enrollment failed with rc=22 (EST_ERR_AUTH_FAIL)',
    'mg_send_http_error [Error 401: Unauthorized\nThe server was unable to authorize the request.\n]',
    'est_mg_handler EST error response code: 22 (EST_ERR_AUTH_FAIL)',
    'handle_request Incoming request failed rv=22 (EST_ERR_AUTH_FAIL)',
    / 401 0$/,
  ])
  forget()
  await t.rejects(clientOf().simpleEnroll(Buffer.from('3000', 'hex')))
  t.match(linesOf().at(-7), 'est_http_request Enrollment failed with rc=9 (EST_ERR_BAD_PKCS10)')
})

t.test('what it says when it starts', async t => {
  const { service, log } = await logged(t, { clientCas: [ca.certificateDer], options: { proofOfPossession: 'off' } })
  const name = '/CN=TEST CA/O=capfkit TEST'
  t.strictSame(
    parseErrorLog(service()).map(entry =>
      entry.kind === 'libest' ? `${entry.by}: ${entry.text}` : 'text' in entry ? entry.text : '',
    ),
    [
      'CA Chain requested but this value has not yet been set',
      'CA Cert response requested but this value has not yet been set',
      `ossl_init_cert_store: Adding cert to store (${name})`,
      'est_log_version: capfkit EST server, in the words of libest 2.2.0 (API level 4)',
      `ossl_init_cert_store_from_raw: Adding cert to store (${name})`,
      'pop_enabled off in nginx.conf. Disabling EST Proof of Possession',
      'set_ssl_option: Using non-default ECDHE curve (nid=415)',
      'set_ssl_option: TLS SRP not enabled',
    ],
  )
  t.equal(log(), '', 'the error.log begins with the first request')
  t.equal(slashName(parseName('DC=com,DC=example,CN=a/b')), '/DC=com/DC=example/CN=a/b')
})

t.test('a client cannot write lines of its own', async t => {
  const { clientOf, log, forget } = await logged(t)
  forget()
  const userAgent = 'x"***EST [ERROR][est_mg_handler:1]--> EST error response code: 0'
  await clientOf({ options: { userAgent }, label: 'a' }).caCerts()
  t.equal(parseErrorLog(log()).length, 3)
})

t.test('times as nginx and libest write them', async t => {
  const at = new Date('2019-02-27T21:53:28Z')
  const zone = at.getTimezoneOffset()
  t.match(accessTime(at), /^2[78]\/Feb\/2019:\d\d:53:28 [+-]\d{4}$/)
  if (zone === 0) t.equal(accessTime(at), '27/Feb/2019:21:53:28 +0000')
  for (const [name, { by }] of Object.entries(LIBEST_LINES)) t.match(by, /^\w+$/, name)
})
