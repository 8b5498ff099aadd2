import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type AnyCommand, flagName, NOUNS } from '../src/index.ts'
import { capf, outcome, PROGRAM, startCapf } from './program.ts'
import { onTerminal } from './terminal.ts'

const ESCAPE = '\u001b['
const cwd = t.testdir()

/** Every command: the words that name it, and the fewest with which it is meant. */
const allCommands = async (): Promise<{ line: string[]; fewest: string[]; command: AnyCommand }[]> => {
  const lists = Object.entries(NOUNS).map(async ([noun, row]) => {
    const { commands } = 'load' in row ? await row.load() : await row.verbs()
    return commands.map(command => {
      const line = 'load' in row ? [noun] : [noun, command.name]
      return { line, fewest: 'usual' in row && row.usual === command.name ? [noun] : line, command }
    })
  })
  return (await Promise.all(lists)).flat()
}

t.test('every command has a help screen with its options, their ranges and defaults, and an example', async t => {
  for (const { line, fewest, command } of await allCommands()) {
    const { code, stdout } = await onTerminal([...line, '--help'], { isTTY: false })
    const screen = stdout.replace(/\s+/g, ' ')
    t.equal(code, 0, `capf ${line.join(' ')} --help`)
    t.ok(screen.includes('Example:'), 'has an example')
    for (const [text] of command.examples) t.ok(text.startsWith(fewest.join(' ')), `the example is of this command: ${text}`)
    for (const [name, row] of Object.entries(command.options)) {
      t.ok(screen.includes(`--${flagName(name)} `), `--${flagName(name)}`)
      const otherwise = row.default === undefined ? '' : `, default ${row.default}`
      if (row.kind === 'number') t.ok(screen.includes(`(${row.range}${row.unit ? ` ${row.unit}` : ''}${otherwise})`), name)
      if (row.unsafe) t.ok(screen.includes(`UNSAFE: ${row.unsafe}`.replace(/\.$/, '')), `${name} says what it costs`)
      if (row.secret) t.ok(screen.includes(`--${flagName(name)}-file`), `${name} can come from a file`)
    }
    for (const text of stdout.split('\n')) if (!text.startsWith('    capf ')) t.ok(text.length <= 80, `fits 80 columns: ${text}`)
  }
})

t.test('help goes to stdout, a missing command shows it on stderr', async t => {
  const [help, nothing, noun, version] = await Promise.all([
    capf(['--help'], { cwd }),
    capf([], { cwd }),
    capf(['device'], { cwd }),
    capf(['--version'], { cwd }),
  ])
  t.match(help, { code: 0, stderr: '' })
  t.match(help.stdout, /capf server .*\n/)
  t.strictSame({ ...nothing, stderr: nothing.stderr.trim() }, { code: 2, stdout: '', stderr: help.stdout.trim() })
  t.match(noun, { code: 2, stdout: '', stderr: /capf device list/ })
  const { version: expected } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  t.strictSame(version, { code: 0, stdout: `${expected}\n`, stderr: '' })
})

t.test('a wrong command line is told in a sentence with a suggestion, and exits with 2', async t => {
  const cases: [args: string[], ...said: (string | RegExp)[]][] = [
    [['serve'], 'capf serve: there is no such command; did you mean server? (CLI_UNKNOWN_COMMAND)'],
    [['server', 'strat'], 'did you mean start?'],
    [['--json'], 'the command comes before its options'],
    [['device', 'list', '--liek', 'x'], '--liek is not an option of capf device list; did you mean --like? (CONFIG_UNKNOWN)'],
    [['device', 'show'], 'a word is missing; the command is: capf device show <name> (CLI_USAGE)'],
    [['device', 'list', 'all'], '"all" is one word too many for capf device list'],
    [['device', 'list', '--like'], '--like needs a value'],
    [['device', 'list', '--like', 'a', '--like', 'b'], '--like is given 2 times; give it once'],
    [['device', 'list', '--json=maybe'], '--json must be a boolean, got "maybe"'],
    [['keys', 'generate', '--count', '0x10'], '--count must be 1..10000000 keys, got "0x10" (CONFIG_WRONG_TYPE)'],
    [
      ['server', 'start', '--workers', 'many', '--max-frame-bytes', '12', '--issuer', 'me', '--metrics', '9100', '--lisen', ':1'],
      '--workers must be 0..256 processes, got "many"',
      '--max-frame-bytes must be 64..65543 bytes, got 12',
      '--issuer must be local | online | offline, got "me"',
      '--metrics must be HOST:PORT, got "9100"',
      '--lisen is not an option of capf server start; did you mean --listen?',
    ],
  ]
  for (const [args, ...said] of cases) {
    const { code, stdout, stderr } = await onTerminal(args, { isTTY: false })
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '')
    for (const words of said) t.ok(stderr.includes(String(words)), `${words}\n${stderr}`)
    t.equal(stderr.trim().split('\n').length, said.length, 'a line each mistake')
    t.notMatch(stderr, /\n\s+at /, 'no stack trace')
  }
})

t.test('a flag wins over the environment, that over the option file, and that over the default', async t => {
  writeFileSync(join(cwd, 'keys.yaml'), 'count: 3\nkey: ec:p384\nout: file.pool\n')
  const key = async (args: string[], env: Record<string, string> = {}) => {
    const { code, stdout } = await capf(['keys', 'generate', '--json', '--count', '2', ...args], { cwd, env })
    t.equal(code, 0)
    return JSON.parse(stdout).key
  }
  const config = ['--config', 'keys.yaml']
  const env = { CAPF_KEY: 'ec:p256', CAPF_JSON: 'true' }
  t.strictSame(
    await Promise.all([
      key(['--out', 'a', ...config, '--key', 'ec:p521'], env),
      key(['--out', 'b', ...config], env),
      key(config),
      key(['--out', 'd'], { CAPF_CONFIG: 'keys.yaml' }),
      key(['--out', 'e'], { CAPF_KEY: '' }),
    ]),
    ['ec:p521', 'ec:p256', 'ec:p384', 'ec:p384', 'rsa:2048'],
  )
})

t.test('an option file is checked as a whole, with file and line', async t => {
  const file = join(t.testdir(), 'capf.yaml')
  const said = async (text: string, env: Record<string, string> = {}) => {
    writeFileSync(file, text)
    const { code, stderr } = await onTerminal(['server', 'start', '--config', file], { isTTY: false, env })
    t.equal(code, 2)
    return stderr.replaceAll(file, 'FILE').trim().split('\n').sort()
  }
  t.strictSame(await said('lisen: x\nmax-frame-bytes: "12"\nlegacyTls: yes\nworkers: 1.5\n', { CAPF_WORKERS: 'a' }), [
    'capf: CAPF_WORKERS must be 0..256 processes, got "a" (CONFIG_WRONG_TYPE)',
    'capf: FILE:1: lisen is not an option of capf server start; did you mean listen? (CONFIG_UNKNOWN)',
    'capf: FILE:2: max-frame-bytes must be 64..65543 bytes, got "12" (CONFIG_WRONG_TYPE)',
    'capf: FILE:3: legacyTls must be a boolean, got "yes" (CONFIG_WRONG_TYPE)',
    'capf: FILE:4: workers must be 0..256 processes, got 1.5 (CONFIG_OUT_OF_RANGE)',
  ])
  t.match(await said('a: [1\nb'), [/^capf: FILE:2: .*\(CLI_CONFIG_SYNTAX\)$/])
  t.match(await said('listen: a:1\nlisten: b:1\n'), [/FILE:2: listen stands in line 1 already/])
  t.match(await said('- listen\n'), [/FILE:1: the option file is not a YAML map/])
  const { stderr } = await onTerminal(['server', 'start', '--config', `${file}.none`])
  t.match(stderr, /none: the file cannot be read: no such file or directory; .*CLI_FILE_UNREADABLE/)
})

t.test('numbers that are meant as text stay text, in flags and in files', async t => {
  writeFileSync(join(cwd, 'string.yaml'), 'authString: 0012\n')
  const store = ['--store', 'sqlite:text.db']
  await capf(['device', 'add', '00112233', '0x12', '1e3', ...store, '--config', 'string.yaml'], { cwd })
  const { stdout } = await capf(['device', 'export', '--with-secrets', ...store], { cwd })
  t.strictSame(
    stdout
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.split(',').slice(0, 4).join(' ')),
    ['00112233 none string 0012', '0x12 none string 0012', '1e3 none string 0012'],
  )
})

t.test('a secret comes from a file as well, and is never printed', async t => {
  writeFileSync(join(cwd, 'secret.txt'), '987654\nmore\n')
  const store = ['--store', 'sqlite:secret.db']
  const added = await capf(
    ['device', 'add', 'SEP000000000001', '--auth-string-file', 'secret.txt', '--operation', 'install', ...store],
    { cwd },
  )
  t.match(added, { code: 0 })
  const shown = await Promise.all(
    [['list'], ['list', '--json'], ['show', 'SEP000000000001'], ['export'], ['export', '--format', 'json']].map(args =>
      capf(['device', ...args, ...store], { cwd }),
    ),
  )
  const bad = await capf(['device', 'add', 'SEP000000000002', '--auth-string', 'a b', ...store], { cwd })
  t.match(bad, { code: 2, stderr: /--auth-string must be 4 to 20 printable characters, or generate, got a secret/ })
  const both = await capf(['device', 'add', 'x', '--auth-string', '1234', '--auth-string-file', 'secret.txt', ...store], { cwd })
  t.match(both, { code: 2, stderr: /are both given/ })
  for (const { stdout, stderr } of [added, ...shown, bad, both]) t.notMatch(stdout + stderr, '987654')
  t.match((await capf(['device', 'export', '--with-secrets', ...store], { cwd })).stdout, '987654')
})

t.test('colour is for terminals, and NO_COLOR and a pipe switch it off', async t => {
  t.match((await onTerminal(['nonsense'])).stderr, ESCAPE)
  t.notMatch((await onTerminal(['nonsense'], { env: { NO_COLOR: '1' } })).stderr, ESCAPE)
  t.notMatch((await onTerminal(['nonsense'], { env: { TERM: 'dumb' } })).stderr, ESCAPE)
  t.notMatch((await onTerminal(['nonsense'], { isTTY: false })).stderr, ESCAPE)
})

t.test('a stack trace comes with CAPF_DEBUG=1 only', async t => {
  t.notMatch((await onTerminal(['nonsense'])).stderr, /\n\s+at /)
  t.match((await onTerminal(['nonsense'], { env: { CAPF_DEBUG: '1' } })).stderr, /\n\s+at /)
})

t.test('a reader that has enough ends the program quietly', async t => {
  const child = startCapf(['errors'], { cwd })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const [code] = await once(child, 'close')
  t.strictSame({ code, stderr }, { code: 0, stderr: '' })
  const head = spawn('sh', ['-c', '"$0" "$1" errors | head -n 1', process.execPath, PROGRAM])
  const [headCode] = await once(head, 'close')
  t.equal(headCode, 0)
})

t.test('a result that cannot be written is no success', async t => {
  for (const args of [['errors'], ['--version'], ['keys', '--help']]) {
    const shell = ['-c', 'exec "$0" "$@" > /dev/full', process.execPath, PROGRAM, ...args]
    t.match(
      await outcome(spawn('sh', shell)),
      { code: 1, stderr: /^capf: write: no space left on device \(ENOSPC\)\n$/ },
      args.join(' '),
    )
  }
})

t.test('a file that has no end is not read to its end', async t => {
  t.match(await capf(['decode', '/dev/zero'], { cwd }), { code: 2, stderr: /CLI_FILE_TOO_LARGE/ })
})

t.test('names that every JavaScript object has are no options, no values and no mistakes of the program', async t => {
  for (const flag of ['--constructor', '--no-toString', '--__proto__=1', '--json=constructor', '--json=__proto__']) {
    const { code, stderr } = await capf(['device', 'list', flag], { cwd })
    t.equal(code, 2, flag)
    t.match(stderr, /\((?:CLI_USAGE|CONFIG_UNKNOWN|CONFIG_WRONG_TYPE)\)\n$/, flag)
  }
})

t.test('aliases in an option file that grow without bound, or lead nowhere, are a mistake in the file', async t => {
  const rows = ['a: &a [1]', ...[...'bcdefgh'].map((name, index) => `${name}: &${name} [${`*${'abcdefg'[index]}, `.repeat(10)}]`)]
  for (const text of [rows.join('\n'), 'store: *nothing']) {
    writeFileSync(join(cwd, 'aliases.yaml'), text)
    const { code, stderr } = await capf(['device', 'list', '--config', 'aliases.yaml'], { cwd })
    t.equal(code, 2)
    t.match(stderr, /aliases\.yaml:\d+: .*\(CLI_CONFIG_SYNTAX\)/)
  }
})
