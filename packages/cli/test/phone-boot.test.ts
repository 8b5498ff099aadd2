import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { capf, outcome, RunningServer, startCapf } from './program.ts'
import { onTerminal } from './terminal.ts'

const NAME = 'SEP001122334455'
const cwd = t.testdir()
const silent = ['--log-level', 'silent']
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** A self-signed RSA certificate with its key, in one file, by the openssl program. */
const newCertificate = (name: string): string => {
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`)
  return `${name}.pem`
}

const device = (...args: string[]) => capf(['device', ...args], { cwd })
await device('add', NAME, '--operation', 'install')
const server = await RunningServer.start({ cwd, args: silent })
newCertificate('tvs')
newCertificate('old-capf')
const tvs = await RunningServer.start({
  cwd,
  service: ['tvs', 'start'],
  args: ['--certificate', 'tvs.pem', '--key', 'tvs.key', '--trust', 'capf=capf.pem', ...silent],
})
const startFiles = (...args: string[]) =>
  RunningServer.start({
    cwd,
    service: ['tftp', 'start'],
    args: [
      ...['--http', '127.0.0.1:0', '--https', '127.0.0.1:0', '--store', 'sqlite:capf.db', '--tvs-certificate', 'tvs.pem'],
      ...['--capf-address', `pub.example:${server.port}`, '--tvs-address', `pub.example:${tvs.port}`, ...silent, ...args],
    ],
  })
const files = await startFiles('--encrypted-config')
t.teardown(async () => {
  for (const service of [files, tvs, server]) await service[Symbol.asyncDispose]()
})

type Ports = { http: { port: number }; https: { port: number } }

const bootArgs = (from: RunningServer, args: readonly string[]): string[] => {
  const { http, https } = from.ready as unknown as Ports
  const usual = {
    '--tftp': '127.0.0.1',
    '--http-port': http.port,
    '--https-port': https.port,
    '--tftp-port': from.port,
    '--hosts': 'pub.example=127.0.0.1',
  }
  return [
    'phone',
    'boot',
    NAME,
    ...Object.entries(usual).flatMap(([flag, value]) => (args.includes(flag) ? [] : [flag, `${value}`])),
    ...args,
  ]
}
/** In this process, which is quicker than another program; names of files are then not those of its folder. */
const boot = (args: readonly string[] = [], from: RunningServer = files) => {
  const isFile = (flag: string | undefined) => flag === '--state' || flag === '--console' || flag === '--mic'
  const absolute = args.map((word, index) => (isFile(args[index - 1]) ? join(cwd, word) : word))
  return onTerminal(bootArgs(from, absolute), { isTTY: false })
}

t.test('trust, configuration, LSC; then the encrypted configuration by that LSC', async t => {
  const { code, stdout, stderr } = await capf(bootArgs(files, ['--state', 'phone', '--console', 'console.txt']), { cwd })
  t.equal(code, 0, stderr)
  t.match(stdout, /^SEP001122334455 boots from 127\.0\.0\.1$/m)
  t.match(stdout, /^ {2}itl +ok .* ITLSEP001122334455\.tlv \(HTTP, \d+ bytes\)$/m)
  t.match(stdout, /^ {2}\[\d\d:\d\d:\d\d \d\d\/\d\d\/\d\d\] Trust List Updated$/m)
  t.match(stdout, /^ {2}config +(ok|encrypted) .* SEP001122334455\.cnf\.xml\.sgn \(HTTPS, \d+ bytes\)$/m, 'the list tells of HTTPS')
  t.match(stdout, /^ {2}capf +lscChanged /m)
  t.match(stdout, /^ {2}configAgain .*\n(.*\n)* {2}encryptedAgain +ok /m, 'the new LSC opens the encrypted file')
  t.match(stdout, /^ {2}LSC +Installed\ndone\n$/m)
  t.strictSame(readdirSync(join(cwd, 'phone')).toSorted(), ['ITLFile.tlv', 'LSC.pem', 'tvs.json'])
  t.equal(statSync(join(cwd, 'phone/LSC.pem')).mode & 0o777, 0o600)
  t.match(openssl('verify', '-CAfile', 'capf.pem', 'phone/LSC.pem'), 'phone/LSC.pem: OK')
  const console = readFileSync(join(cwd, 'console.txt'), 'utf8')
  t.match(console, /^0001 NOT [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6} \(\d+:\d+\) DOWNLD-dgetfile/)
  t.match(console, /SECUREAPP-RCAPF_START_MODE: Start CAPF - mode:\[1\]\(\[NULL_STR\]\)/)
  t.match((await device('list')).stdout, /3 Upgrade Success/)

  const again = await boot(['--state', 'phone', '--json'])
  t.equal(again.code, 0, again.stderr)
  const result = JSON.parse(again.stdout)
  t.match(result, { version: 1, device: NAME, ok: true, config: { encrConfig: true, capfAuthMode: 'none' }, capf: undefined })
  t.match(
    result.steps.map(({ step, outcome }: { step: string; outcome: string }) => `${step} ${outcome}`),
    ['server ok', 'ctl missing', 'itl ok', 'config encrypted', 'encryptedConfig ok', 'tvs ok', 'further missing', 'capf skipped'],
  )
  t.notMatch(again.stdout, 'Trust List Updated', 'the list is known')
  t.match(result.trustLists.ITL, openssl('dgst', '-sha1', '-r', 'phone/ITLFile.tlv').slice(0, 40))
})

t.test('a list of another cluster is refused, until the lists are erased', async t => {
  await boot(['--state', 'moved'])
  const itl = readFileSync(join(cwd, 'moved/ITLFile.tlv'))
  for (const file of ['itlrecovery.pem', 'tftp.pem', 'tftp-ec.pem']) rmSync(join(cwd, file))
  await using other = await startFiles()
  const refused = await boot(['--state', 'moved'], other)
  t.match(refused, { code: 1, stdout: /Trust List Update Failed/, stderr: /TVS does not confirm it .*\(BOOT_TVS_DENIED\)$/m })
  t.strictSame(readFileSync(join(cwd, 'moved/ITLFile.tlv')), itl, 'the old one stays')
  const erased = await boot(['--state', 'moved', '--erase'], other)
  t.equal(erased.code, 0, erased.stderr)
})

t.test('a CAPF certificate that is newer than the list: TVS confirms it', async t => {
  await device('set', NAME, '--operation', 'install')
  await using outdated = await startFiles('--capf-certificate', 'old-capf.pem')
  const confirmed = await boot(['--state', 'renewed'], outdated)
  t.equal(confirmed.code, 0, confirmed.stderr)
  t.match(confirmed.stdout, /^ {2}CAPF +NORM_AUTO_SESSION: install, LSC installed$/m)
})

t.test('by TFTP alone, and by an old model', async t => {
  const { code, stdout, stderr } = await boot(['--model', '7962', '--http-port', '1', '--state', 'renewed', '--erase', '--json'])
  t.equal(code, 0, stderr)
  const { steps } = JSON.parse(stdout)
  t.match(
    steps.filter(({ bytes }: { bytes?: number }) => bytes).map(({ transport }: { transport: string }) => transport),
    ['TFTP', 'TFTP', 'TFTP'],
  )
})

t.test('says what went wrong, with an exit code for scripts', async t => {
  const cases: [args: string[], code: number, said: RegExp][] = [
    [
      ['--http-port', '1', '--tftp-port', '1', '--tftp-timeout-ms', '20'],
      6,
      /nobody answers there .*, in step ctl; .*\(BOOT_UNREACHABLE\)$/m,
    ],
    [['--tftp', 'no-such-host.invalid'], 6, /the name has no IPv4 address .*, in step server; .*\(BOOT_NAME_UNKNOWN\)$/m],
    [['--hosts', 'pub.example'], 2, /^capf: --hosts must be NAME=ADDRESS .*\(CONFIG_OUT_OF_RANGE\)$/m],
    [['--state', 'capf.pem'], 2, /^capf: .*capf\.pem: what the phone keeps .*\(BOOT_FLASH\)$/m],
    [['--console', 'none/console.txt'], 1, /^capf: .*none\/console\.txt: .*\(CLI_FILE_UNWRITABLE\)$/m],
    [['--mic', 'tvs.key'], 2, /\(CLI_BAD_CERTIFICATE_FILE\)$/m],
  ]
  for (const [args, code, said] of cases) t.match(await boot(args), { code, stderr: said }, args.join(' '))
  t.match(await capf(['phone', 'boot', NAME], { cwd }), { code: 2, stderr: /--tftp HOST is missing \(CLI_USAGE\)/ })
  t.match(await capf(['errors', 'BOOT_TVS_DENIED'], { cwd }), { code: 0, stdout: /TVS does not confirm it/ })

  await capf(['device', 'set', NAME, '--operation', 'install', '--auth', 'string', '--auth-string', '445566'], { cwd })
  t.match(await boot([]), { code: 2, stderr: /nobody typed one .*\(BOOT_NO_STRING\)$/m })
  t.match(await boot(['--auth-string', '999999']), { code: 1, stdout: /LSC: Failed/, stderr: /\(PHONE_REFUSED\)$/m })
  const { code, stdout } = await boot(['--auth-string', '445566'])
  t.match({ code, stdout }, { code: 0, stdout: /MANUAL_SESSION: install/ })
  t.notMatch(stdout, '445566')
})

t.test('Ctrl-C ends a boot that waits', async t => {
  const child = startCapf(bootArgs(files, ['--http-port', '1', '--tftp-port', '1', '--tftp-timeout-ms', '60000']), { cwd })
  child.stdout.once('data', () => child.kill('SIGINT'))
  t.match(await outcome(child), { code: 5, stderr: /\(BOOT_ABORTED\)$/m })
})
