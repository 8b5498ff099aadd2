import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { entryName, type Package, ROOT, readManifest, readPackages } from '../workspace.ts'

const published = readPackages(ROOT).filter(({ manifest }) => !manifest.private)
const entries = published.flatMap(({ path, manifest: { name, exports = {} } }) =>
  Object.entries(exports).map(([entry, source]) => ({ name: entryName(name, entry), source: join(path, source) })),
)

const folder = await mkdtemp(join(tmpdir(), 'capfkit-pack-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

const exec = promisify(execFile)
/** Settings of this run that are not the business of the programs that are tried here. */
const isOwn = (name: string) => /^(?:npm_|pnpm_|CAPF_|TAP)/i.test(name)
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOwn(name))),
  // The program itself, not a script that starts it: a signal must reach it.
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  CI: 'true',
  NO_COLOR: '1',
}

const run = async (program: string, args: readonly string[], cwd = folder): Promise<string> => {
  try {
    return (await exec(program, args, { cwd, env, maxBuffer: 2 ** 26 })).stdout
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout: string; stderr: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause })
  }
}

/** The pnpm that runs this test, else the one that the README names. */
const pnpm = (args: readonly string[], cwd: string): Promise<string> => {
  const own = process.env.npm_execpath ?? ''
  return /pnpm\.c?js$/.test(own)
    ? run(process.execPath, [own, ...args], cwd)
    : run('npx', ['-y', '--prefer-offline', 'pnpm@10', ...args], cwd)
}

const tarballOf = ({ manifest: { name, version } }: Package) => join(folder, `${name.slice(1).replace('/', '-')}-${version}.tgz`)

/** Where the checkout has a dependency of a package: installing from there needs neither a registry nor a warm store. */
const thirdParty = (): Record<string, string> => {
  const links: Record<string, string> = {}
  for (const { path, manifest } of published)
    for (const name of Object.keys(manifest.dependencies ?? {}))
      if (!name.startsWith('@capfkit/')) links[name] = `link:${realpathSync(join(path, 'node_modules', name))}`
  return links
}

/** Each step needs the ones before it. */
const step = (claim: string, check: (t: Test) => Promise<void>) =>
  t.test(claim, t.passing() ? {} : { skip: 'an earlier step failed' }, check)

await step('every package is built and packed', async t => {
  await run(process.execPath, [join(ROOT, 'scripts/build.ts')], ROOT)
  const filters = published.flatMap(({ manifest }) => ['--filter', manifest.name])
  await pnpm([...filters, '-r', 'pack', '--pack-destination', folder], ROOT)
  for (const one of published) t.ok(existsSync(tarballOf(one)), one.manifest.name)
})

await step('the tarballs install into an empty folder, with nothing but their own dependencies', async t => {
  const tarballs = Object.fromEntries(published.map(one => [one.manifest.name, `file:${tarballOf(one)}`]))
  const node = realpathSync(join(ROOT, 'node_modules/@types/node'))
  const manifest = {
    name: 'empty',
    private: true,
    type: 'module',
    dependencies: { ...tarballs, '@types/node': `link:${node}` },
    pnpm: { overrides: { ...tarballs, ...thirdParty() } },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  await pnpm(['install', '--offline', '--ignore-workspace'], folder)
  for (const { manifest } of published) {
    const installed = join(folder, 'node_modules', manifest.name)
    const { version, engines, dependencies = {} } = readManifest(installed)
    t.equal(version, manifest.version, manifest.name)
    t.equal(engines?.node, '>=24', `${manifest.name} says which Node it needs`)
    for (const [name, range] of Object.entries(dependencies)) t.match(range, /^\d/, `${manifest.name} asks for ${name} by version`)
    t.strictSame(
      readdirSync(installed)
        .filter(file => file !== 'node_modules')
        .sort(),
      ['LICENSE', 'README.md', 'dist', 'package.json'],
    )
  }
})

await step('every entry gives what it gives in the checkout', async t => {
  const program = `for (const name of process.argv.slice(1)) console.log(JSON.stringify(Object.keys(await import(name)).sort()))`
  const output = await run(process.execPath, ['--input-type=module', '--eval', program, ...entries.map(({ name }) => name)])
  const given = output.trim().split('\n')
  for (const [index, { name, source }] of entries.entries())
    t.strictSame(JSON.parse(given[index]!), Object.keys(await import(source)).sort(), name)
})

await step('the declarations are complete for a strict program', async () => {
  const lines = entries.map(({ name }, index) => `import * as entry${index} from '${name}'\nexport { entry${index} }`)
  writeFileSync(join(folder, 'program.ts'), lines.join('\n'))
  const compilerOptions = { target: 'esnext', module: 'nodenext', types: ['node'], strict: true, noEmit: true }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json'])
})

const capf = join(folder, 'node_modules/.bin/capf')

await step('capf --version', async t => {
  t.equal((await run(capf, ['--version'])).trim(), readManifest(ROOT).version)
})

/** The first line of a program, which then goes on. */
const firstLine = async (child: ChildProcess): Promise<string> => {
  for await (const line of createInterface({ input: child.stdout! })) return line
  throw new Error('the program ended without a line')
}

await step('the installed server and its workers enrol a phone', async t => {
  const store = ['--store', `sqlite:${join(folder, 'capf.db')}`]
  const name = 'SEP001122334455'
  await run(capf, ['device', 'add', name, '--operation', 'install', '--auth', 'null', ...store])
  const args = ['server', 'start', '--listen', '127.0.0.1:0', '--workers', '2', '--log-level', 'error', ...store]
  const server = spawn(capf, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] })
  const exit = new Promise(resolve => server.once('exit', resolve))
  try {
    const [, address = ''] = /^listening on (\S+)$/.exec(await firstLine(server)) ?? []
    const trust = ['--capf-certificate', join(folder, 'capf.pem')]
    await run(capf, ['phone', 'enrol', name, '--server', address, ...trust, '--out', folder])
    t.ok(existsSync(join(folder, `${name}.pem`)), 'its LSC is there')
  } finally {
    server.kill('SIGTERM')
    t.equal(await exit, 0, 'the server ends when it is told to')
  }
})

await step('the installed fleet finds its client program, records, and makes a page with charts', async t => {
  const program = `
    import { htmlReport, reportRun, runFleet } from '@capfkit/fleet'
    const options = { embedded: true, phones: 4, processes: 2, serverWorkers: 2, poolKeys: 2, out: 'results' }
    const { verdict, done } = await runFleet({ options })
    const html = htmlReport(await reportRun('results'))
    console.log(verdict, done, html.includes('var uPlot='))`
  writeFileSync(join(folder, 'fleet.js'), program)
  t.match(await run(process.execPath, ['fleet.js']), /^pass 4 true$/m)
})

await step('the installed page is there without a builder, and with its script and style', async t => {
  const program = `
    import { FleetUi } from '@capfkit/fleet-ui'
    const phones = { recent: () => ({ last: [], failed: [] }), phone: async () => ({}) }
    await using ui = await FleetUi.start({ host: '127.0.0.1', port: 0, control: {}, phones })
    const { origin } = new URL(ui.url)
    const html = await (await fetch(origin)).text()
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path)
    const answers = await Promise.all(files.map(path => fetch(origin + path)))
    console.log(answers.map(({ status }) => status).join(), files.map(path => path.split('.').at(-1)).sort().join())`
  writeFileSync(join(folder, 'page.js'), program)
  t.match(await run(process.execPath, ['page.js']), /^200,200,200 css,js,svg$/m)
})
