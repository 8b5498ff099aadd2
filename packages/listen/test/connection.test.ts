import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Connection, connectionOf } from '@capfkit/listen'
import t, { type Test } from 'tap'

/** Both ends of a TCP connection. */
const pair = async (t: Test): Promise<{ near: Connection; socket: Socket; far: Socket }> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const far = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1', allowHalfOpen: true })
  const [socket] = (await once(server, 'connection')) as [Socket]
  t.teardown(() => {
    far.destroy()
    socket.destroy()
    server.close()
  })
  return { near: connectionOf(socket), socket, far }
}

t.test('nothing more is read from a peer that does not take what was written', async t => {
  const { near, socket, far } = await pair(t)
  let heard = 0
  socket.on('data', chunk => {
    heard += chunk.length
  })
  far.pause()
  while (!socket.isPaused()) {
    near.write(Buffer.alloc(65_536))
    await new Promise(setImmediate)
  }
  far.write('more questions')
  await delay(20)
  t.equal(heard, 0)
  far.resume()
  while (heard === 0) await delay(1)
  t.equal(heard, 14, 'as soon as it takes them, it is heard')
})

t.test('the last bytes arrive before the end', async t => {
  const { near, socket, far } = await pair(t)
  const chunks: Buffer[] = []
  far.on('data', chunk => chunks.push(chunk))
  t.equal(near.end(Buffer.from('good bye')), true)
  await once(far, 'end')
  t.equal(Buffer.concat(chunks).toString(), 'good bye')
  far.end()
  await once(socket, 'close')
  t.equal(near.end(), false, 'who is gone is told nothing')
})

t.test('a peer that keeps its side open is cut', async t => {
  const { near, socket, far } = await pair(t)
  far.resume()
  near.end()
  await once(far, 'end')
  t.notOk(socket.destroyed, 'it gets a moment')
  await once(socket, 'close')
})
