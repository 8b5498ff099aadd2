import { CapfServer } from '../src/capf-server.ts'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import { capf } from './certificates.ts'

/** A program: a server for one device, SEP1, that says its port and ends with its standard input. */
const store = new MemoryDeviceStore()
await store.add([{ name: 'SEP1', operation: 'install' }])
const now = () => new Date('2026-12-01T00:00:00Z')
const server = await CapfServer.start({ store, certificate: capf, now, options: { listen: '127.0.0.1:0' } })
process.stdout.write(String(server.address.port))
process.stdin.on('end', () => void server.close(0)).resume()
