import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DocumentNode } from '@capfkit/codec/options'
import { readYaml } from '@capfkit/codec/yaml'
import { FIGURES } from '@capfkit/fleet'
import t from 'tap'
import { parse } from '../src/frame/parser.ts'
import { readOptions } from '../src/frame/read-options.ts'
import { unknownIn } from '../src/frame/unknown.ts'
import { processIo } from '../src/index.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const DEPLOY = join(ROOT, 'deploy')
const read = (file: string) => readFileSync(join(DEPLOY, file), 'utf8')

/** What stands in a file, where every name may be missing; `list` and `text` say what a part is. */
type Tree = { readonly [key: string]: Tree | undefined }
const list = (part: Tree | undefined) => (part ?? []) as unknown as readonly Tree[]
const texts = (part: Tree | undefined) => (part ?? []) as unknown as readonly string[]
const text = (part: Tree | undefined) => part as unknown as string
const strings = (part: Tree | undefined) => part as unknown as Record<string, string>

/** As plain data; `<<: *other` stands for what the other has. */
const plain = (node: DocumentNode): unknown => {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plain)
  const map: Record<string, unknown> = {}
  for (const { key, value } of node.entries) {
    if (key === '<<') Object.assign(map, plain(value))
    else map[key] = plain(value)
  }
  return map
}
const tree = (file: string) => plain(readYaml(read(file))) as Tree

/** What a command line and its environment come to. @throws what the program would say. */
const optionsOf = async (args: readonly string[], env: Record<string, string> = {}) => {
  const parsed = await parse(args, processIo())
  if (!('command' in parsed)) throw new Error(`this is no command: ${args.join(' ')}`)
  const { command, argv, title } = parsed
  const lines = unknownIn(argv, { command, title })
  for (const name of Object.keys(env).filter(name => name.startsWith('CAPF_'))) {
    const option = name
      .slice('CAPF_'.length)
      .toLowerCase()
      .replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    if (!Object.hasOwn(command.options, option)) throw new Error(`${title} has no option for ${name}`)
  }
  return (await readOptions({ table: command.options, flags: argv, env, title, lines })).options as Record<string, unknown>
}

t.test('compose: two servers with options that they have, on a database, behind a balancer that finds them', async t => {
  const { services = {}, volumes = {} } = tree('compose.yaml')
  t.strictSame(Object.keys(services), ['database', 'one', 'two', 'balancer'])
  for (const { command, environment, healthcheck, build } of [services.one!, services.two!]) {
    const options = await optionsOf(texts(command), strings(environment))
    t.match(options, { store: 'postgres://capf@database/capf', listen: '0.0.0.0:3804', metrics: '0.0.0.0:9804' })
    t.ok(healthcheck)
    t.ok(existsSync(join(DEPLOY, text(build?.context), text(build?.dockerfile))))
  }
  for (const service of Object.values(services)) {
    for (const name of Object.keys(service?.depends_on ?? {})) t.ok(services[name]?.healthcheck, `${name} says when it is there`)
    for (const mount of texts(service?.volumes)) {
      const [from = ''] = mount.split(':')
      t.ok(from.startsWith('.') ? existsSync(join(DEPLOY, from)) : Object.hasOwn(volumes, from), from)
    }
  }
  const haproxy = readFileSync(join(ROOT, 'docs/examples/haproxy.cfg'), 'utf8')
  for (const name of Object.keys(strings(services.balancer?.environment))) t.match(haproxy, `\${${name}-`)
})

/** What each file of Kubernetes has to be. */
const MANIFESTS = {
  'server-deployment.yaml': { apiVersion: 'apps/v1', kind: 'Deployment' },
  'server-service.yaml': { apiVersion: 'v1', kind: 'Service' },
  'fleet-workers-job.yaml': { apiVersion: 'batch/v1', kind: 'Job' },
  'kustomization.yaml': { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' },
} as const
const manifest = (file: keyof typeof MANIFESTS) => tree(`kubernetes/${file}`)
const SECRETS: Readonly<Record<string, readonly string[]>> = { 'capf-database': ['url', 'password'] }

const PROCESSES = 2
/** Memory of a pod by docs/scale.md, bytes: its processes, and the connections that servers take or that an address has ports for. */
const needed = (maxConnections: unknown) => {
  const connections = typeof maxConnections === 'number' ? PROCESSES * maxConnections : FIGURES.portsPerAddress.value
  return (1 + PROCESSES) * FIGURES.processBytes.value + connections * FIGURES.connectionBytes.value
}

t.test('Kubernetes: pods with options that they have, secrets by reference, names that lead somewhere', async t => {
  t.strictSame(readdirSync(join(DEPLOY, 'kubernetes')).sort(), Object.keys(MANIFESTS).sort())
  for (const [file, kind] of Object.entries(MANIFESTS)) t.match(manifest(file as keyof typeof MANIFESTS), kind, file)
  const [deployment, service, job] = [
    manifest('server-deployment.yaml').spec!,
    manifest('server-service.yaml').spec!,
    manifest('fleet-workers-job.yaml').spec!,
  ]
  for (const { metadata, spec } of [deployment.template!, job.template!]) {
    t.equal(spec?.enableServiceLinks, false, 'no variables of services among the options')
    const [container] = list(spec?.containers)
    const env: Record<string, string> = {}
    for (const { name, value, valueFrom } of list(container?.env)) {
      const secret = valueFrom?.secretKeyRef
      if (secret) t.ok(SECRETS[text(secret.name)]?.includes(text(secret.key)), `${secret.name}/${secret.key}`)
      const known = text(secret?.key) === 'url' ? 'postgres://capf@db.example/capf' : '0'
      env[text(name)] = value === undefined ? known : text(value)
    }
    const options = await optionsOf(texts(container?.args), env)
    t.match(options, { store: /^postgres:/ })
    t.equal(options.workers ?? options.processes, PROCESSES)
    const limit = /^(\d+)Gi$/.exec(text(container?.resources?.limits?.memory))?.[1]
    t.ok(Number(limit) * 2 ** 30 >= needed(options.maxConnections), 'memory for all that it may carry')
    const volumes = list(spec?.volumes).map(({ name }) => text(name))
    for (const { name } of list(container?.volumeMounts)) t.ok(volumes.includes(text(name)), text(name))
    t.match(container, { securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true } })
    t.ok(metadata?.labels)
  }
  const labels = deployment.template?.metadata?.labels
  t.strictSame(deployment.selector?.matchLabels, labels)
  t.strictSame(service.selector, labels, 'the service finds the servers')
  const ports = list(list(deployment.template?.spec?.containers)[0]?.ports).map(({ name }) => text(name))
  for (const { targetPort } of list(service.ports)) t.ok(ports.includes(text(targetPort)))
  const { completionMode, completions, parallelism } = job
  t.strictSame([completionMode, completions], ['Indexed', parallelism], 'a worker for each index, all at once')
  const [worker] = list(job.template?.spec?.containers)
  t.ok(texts(worker?.args).includes('--runs=1'), 'the job is complete when the run is')
  t.ok(Number(worker?.resources?.limits?.cpu) > PROCESSES, 'a core a process, and more')
  for (const file of texts(manifest('kustomization.yaml').resources)) t.ok(Object.hasOwn(MANIFESTS, file))
})

const UNITS = readdirSync(join(DEPLOY, 'systemd'))
/** The exposure that systemd counts for a service, tenths; one without any hardening has 96. */
const MOST_EXPOSED = 25

t.test('systemd: each unit starts a command with options that it has', async t => {
  t.strictSame(UNITS.sort(), ['capf-ra.service', 'capf-server.service', 'capf-tftp.service', 'capf-tvs.service'])
  for (const unit of UNITS) {
    const unitFile = read(`systemd/${unit}`)
    const [, line] = /^ExecStart=capf (.*)$/m.exec(unitFile)!
    await t.resolves(optionsOf(line!.split(' ')), unit)
    t.match(unitFile, /^DynamicUser=yes$/m)
  }
})

const noSystemd = spawnSync('systemd-analyze', ['--version']).error && 'systemd-analyze is not installed'
t.test('systemd: what systemd itself says of the units', noSystemd ? { skip: noSystemd } : {}, async t => {
  const folder = t.testdir({})
  mkdirSync(folder, { recursive: true })
  for (const unit of UNITS) {
    const file = join(folder, unit)
    // The command need not be installed here.
    writeFileSync(file, read(`systemd/${unit}`).replace('ExecStart=capf', 'ExecStart=/bin/true'))
    const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    t.strictSame([verified.status, verified.stderr], [0, ''], unit)
    const { status, stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', `--threshold=${MOST_EXPOSED}`, file], {
      encoding: 'utf8',
    })
    t.equal(status, 0, stdout.trim().split('\n').at(-1) ?? '')
  }
})

t.test('the container has what is published, and nothing else', async t => {
  const packages = readdirSync(join(ROOT, 'packages')).flatMap(folder => {
    const file = join(ROOT, 'packages', folder, 'package.json')
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as { name: string; private?: boolean }] : []
  })
  const left = [...read('Containerfile').matchAll(/--filter "!(.+?)"/g)].map(([, name]) => name)
  t.strictSame(left.sort(), packages.flatMap(({ name, private: isOwn }) => (isOwn ? [name] : [])).sort())
})
