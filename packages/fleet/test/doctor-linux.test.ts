import t from 'tap'
import { linuxFacts } from '../src/doctor/linux.ts'

/** The files of a machine, by path. */
const machineWith = (files: Record<string, string>) => linuxFacts(async path => files[path])

t.test('Linux says it in files', async t => {
  const facts = machineWith({
    '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    '/proc/sys/net/ipv4/ip_local_reserved_ports': '\n',
    '/proc/net/sockstat': 'sockets: used 190\nTCP: inuse 12 orphan 0 tw 1286 alloc 19 mem 2\nUDP: inuse 4 mem 1\n',
    '/proc/sys/net/core/somaxconn': '4096\n',
    '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
    '/proc/sys/net/netfilter/nf_conntrack_count': '63\n',
    '/proc/sys/kernel/random/entropy_avail': '256\n',
    '/proc/sys/kernel/ostype': 'Linux\n',
  })
  t.strictSame(await facts.sourcePorts(), { first: 32_768, last: 60_999, reserved: 0 })
  t.equal(await facts.timeWait(), 1286)
  t.equal(await facts.acceptQueue(), 4096)
  t.strictSame(await facts.trackedConnections(), { now: 63, most: 262_144 })
  t.equal(await facts.entropyBits(), 256)
})

t.test('ports that the kernel keeps back are counted, where they lie in the range', async t => {
  const reserved = (text: string) =>
    machineWith({
      '/proc/sys/net/ipv4/ip_local_port_range': '40000 40099',
      '/proc/sys/net/ipv4/ip_local_reserved_ports': text,
    }).sourcePorts()
  const cases: [string, number][] = [
    ['40000\n', 1],
    ['40000,40010-40019\n', 11],
    ['39990-40004,40095-50000\n', 10],
    ['3804,50000-50010\n', 0],
    ['', 0],
  ]
  for (const [text, count] of cases) t.match(await reserved(text), { reserved: count }, JSON.stringify(text))
})

t.test('a Linux whose firewall does not track connections has no limit; another system says nothing at all', async t => {
  const untracked = machineWith({ '/proc/sys/kernel/ostype': 'Linux\n' })
  t.strictSame(await untracked.trackedConnections(), { now: 0, most: Number.POSITIVE_INFINITY })
  const { sourcePorts, timeWait, acceptQueue, trackedConnections, entropyBits } = machineWith({})
  for (const ask of [sourcePorts, timeWait, acceptQueue, trackedConnections, entropyBits]) t.equal(await ask(), undefined)
})
