import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '@capfkit/listen'
import t, { type Test } from 'tap'
import { AdcsClient, makeWebCertificate } from '../src/adcs/index.ts'
import { authority } from './adcs-lab.ts'

/** Where Debian has Apache with NTLM: packages apache2-bin, libapache2-mod-auth-gssapi and gss-ntlmssp. */
const PROGRAM = '/usr/sbin/apache2'
const MODULES = '/usr/lib/apache2/modules'
const NEEDED = [PROGRAM, `${MODULES}/mod_auth_gssapi.so`, '/etc/gss/mech.d/mech.ntlmssp.conf']

const needsApache = (): { skip?: string } => {
  const missing = NEEDED.filter(file => !existsSync(file))
  if (missing.length > 0 && process.env.CI === 'true') throw new Error(`${missing.join(', ')} must be installed in CI`)
  return missing.length > 0 ? { skip: `${missing.join(', ')} is not installed` } : {}
}

const LOADED = ['mpm_event', 'ssl', 'authn_core', 'authz_core', 'authz_user', 'dir', 'auth_gssapi']

const configuration = (folder: string, port: number) => `
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/pid
Listen 127.0.0.1:${port}
User nobody
Group nogroup
${LOADED.map(name => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
ErrorLog ${folder}/error.log
LogLevel warn auth_gssapi:debug
DocumentRoot ${folder}
KeepAlive On
<VirtualHost 127.0.0.1:${port}>
  SSLEngine on
  SSLCertificateFile ${folder}/web.pem
  SSLCertificateKeyFile ${folder}/key.pem
  <Location />
    AuthType GSSAPI
    AuthName x
    GssapiConnectionBound On
    GssapiAllowedMech ntlmssp
    Require valid-user
  </Location>
</VirtualHost>
`

const isListening = (port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })

const ended = async (child: ChildProcess) => {
  child.kill('SIGTERM')
  if (child.exitCode === null) await once(child, 'exit')
}

/** Apache that knows one user, by NTLM. It gives up its rights, so that its files are those of everybody. */
const apache = async (t: Test) => {
  const folder = mkdtempSync(join(tmpdir(), 'capfkit-apache-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const { certificatePem, keyPem } = await makeWebCertificate('good', { authority, host: 'localhost', now: () => new Date() })
  mkdirSync(join(folder, 'certsrv'), { mode: 0o755 })
  const files = {
    'web.pem': certificatePem,
    'key.pem': keyPem,
    users: 'TEST:ciscora:secret\n',
    'certsrv/certrqxt.asp': 'a page without a list of templates',
    'httpd.conf': configuration(folder, port),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o644 })
  const child = spawn(PROGRAM, ['-f', join(folder, 'httpd.conf'), '-X'], {
    env: { ...process.env, NTLM_USER_FILE: join(folder, 'users') },
    stdio: 'ignore',
  })
  t.teardown(async () => {
    await ended(child)
    rmSync(folder, { recursive: true })
  })
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`apache2 ended: ${readFileSync(join(folder, 'error.log'), 'utf8')}`)
    await delay(20)
  }
  const client = (user: string, password: string, channelBinding = true) =>
    new AdcsClient({ trusted: authority.roots, options: { server: `localhost:${port}`, user, password, channelBinding } })
  return { client, log: () => readFileSync(join(folder, 'error.log'), 'utf8') }
}

// [ADCS-2.2]
t.test(
  "an NTLM server of other people's takes our login, for all pages of one connection, and no wrong one",
  needsApache(),
  async t => {
    const { client, log } = await apache(t)
    for (const user of ['TEST\\ciscora', 'ciscora'])
      for (const channelBinding of [true, false])
        await t.resolves(client(user, 'secret', channelBinding).checkTemplate('CiscoRA'), `${user} ${channelBinding}`)
    t.match(log(), 'Already established context found')
    await t.rejects(client('TEST\\ciscora', 'wrong').checkTemplate('CiscoRA'), { code: 'ADCS_LOGIN_REJECTED' })
    await t.rejects(client('TEST\\nobody', 'secret').checkTemplate('CiscoRA'), { code: 'ADCS_LOGIN_REJECTED' })
  },
)
