import { createSocket } from 'node:dgram'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatPacket, parsePacket } from '@capfkit/codec/tftp'
import { createLog } from '@capfkit/listen'
import { certificateAndKey, pemToDer, readPrivateKey } from '@capfkit/pki'
import { DeviceFiles, FileServer } from '@capfkit/tftp'

/** The two ends of the measurement of files, in processes of their own. */

type ServerStart = { certificatePem: string; keyPem: string }
export type FileTransport = 'http' | 'bare' | 'tftp'
type ClientRound = { port: number; transport: FileTransport; names: readonly string[] }

const CACHE_BYTES = 268_435_456
/** A packet of a storm may be lost: a client asks again. */
const AGAIN_MS = 1_000
const BLOCK_BYTES = 1_428

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const serve = async ({ certificatePem, keyPem }: ServerStart) => {
  const tftp = certificateAndKey(pemToDer(certificatePem)[0]!, readPrivateKey(keyPem).privateKey)
  const source = await DeviceFiles.create({
    cluster: { tftp, config: { capfList: [{ phonePort: 3804, processNodeName: 'cucm.example.com' }] } },
    devices: { find: async () => ({ config: { capfAuthMode: 'null' } }) },
    cacheBytes: CACHE_BYTES,
    now: () => new Date(),
  })
  const { addresses } = await FileServer.start({
    source,
    // One line a file, as it is by default.
    log: createLog({ level: 'info' }),
    options: { listen: '127.0.0.1:0', http: '127.0.0.1:0' },
  })
  const bare = createServer((_request, response) => response.end(source.lists.itl))
  bare.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () =>
    process.send?.({ tftp: addresses.tftp!.port, http: addresses.http.port, bare: (bare.address() as AddressInfo).port }),
  )
}

/** Each file on a connection of its own, as phones do. */
const getByHttp = (port: number, name: string): Promise<boolean> =>
  new Promise(resolve => {
    const request = get({ host: '127.0.0.1', port, path: `/${name}`, agent: false }, response => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
    })
    request.once('error', () => resolve(false))
  })

const getByTftp = (port: number, name: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = createSocket('udp4')
    let expected = 1
    const send = (packet: Parameters<typeof formatPacket>[0], to: number, sent?: () => void) =>
      socket.send(formatPacket(packet), to, '127.0.0.1', sent)
    const ask = () => send({ name: 'RRQ', file: name, mode: 'octet', options: { blksize: String(BLOCK_BYTES) } }, port)
    const again = setInterval(ask, AGAIN_MS)
    const end = (isWhole: boolean) => {
      socket.close()
      resolve(isWhole)
    }
    socket.on('message', (datagram, from) => {
      clearInterval(again)
      const packet = parsePacket(datagram)
      if (packet.name === 'OACK') send({ name: 'ACK', block: 0 }, from.port)
      if (packet.name === 'ERROR') end(false)
      if (packet.name !== 'DATA') return
      const isLast = packet.block === expected && packet.data.length < BLOCK_BYTES
      if (packet.block === expected) expected += 1
      send({ name: 'ACK', block: packet.block }, from.port, isLast ? () => end(true) : undefined)
    })
    ask()
  })

/** All of them at the same moment. */
const load = async ({ port, transport, names }: ClientRound) => {
  const fetchOne = transport === 'tftp' ? getByTftp : getByHttp
  const before = cpuMs()
  const startedMs = performance.now()
  const tookMs: number[] = []
  await Promise.all(
    names.map(async name => {
      if (await fetchOne(port, name)) tookMs.push(performance.now() - startedMs)
    }),
  )
  const seconds = (performance.now() - startedMs) / 1000
  const sorted = tookMs.toSorted((a, b) => a - b)
  process.send?.({
    cpuMs: cpuMs() - before,
    seconds,
    fetched: tookMs.length,
    failed: names.length - tookMs.length,
    p50Ms: sorted[Math.ceil(sorted.length * 0.5) - 1],
    p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1],
  })
}

process.on('message', message => {
  if (message === 'cpu') process.send?.({ cpuMs: cpuMs() })
  else if (process.argv[2] === 'server') void serve(message as ServerStart)
  else void load(message as ClientRound)
})
