import { decode, FrameReader } from '@capfkit/codec/capf'
import t from 'tap'
import { goodbye, greet, install, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

type Heard = { from: 'server' | 'client'; bytes: Buffer }

t.test('whoever asks hears every write of both sides, as it went over the connection', async t => {
  const heard: Heard[] = []
  const phone = world.phone({ authMode: 'string', authString: '24680', onBytes: (from, bytes) => heard.push({ from, bytes }) })
  const { result } = await world.session(async peer => {
    await greet(peer)
    await install(peer, { world })
    goodbye(peer)
  }, phone)
  const readers = { server: new FrameReader(), client: new FrameReader() }
  const names = heard.flatMap(({ from, bytes }) => readers[from].push(bytes).map(({ name }) => ({ from, name })))
  t.strictSame(
    names,
    result.messages.map(({ from, name }) => ({ from, name })),
  )
  const answer = heard.find(({ from }) => from === 'client')!
  t.match(decode(answer.bytes), { name: 'AUTH_RESPONSE', password: '24680' })
})

t.test('bytes that are no message are heard before they are refused', async t => {
  const heard: Heard[] = []
  const phone = world.phone({ onBytes: (from, bytes) => heard.push({ from, bytes }) })
  const { result } = await world.session(async peer => peer.sayBytes(Buffer.from('rubbish')), phone)
  t.match(result, { failure: { code: 'PHONE_BAD_MESSAGE' } })
  t.strictSame(heard, [{ from: 'server', bytes: Buffer.from('rubbish') }])
})
