import t from 'tap'
import { bringTo } from './bystander.ts'
import { publicKey } from './certificates.ts'
import { authElements, frame, type RawElement } from './raw-frames.ts'
import { obey } from './scripted-phone.ts'
import { serve } from './serving.ts'

type Session = { sessionId: number; deviceName: string }

/** An AUTH_RESPONSE of these elements; the name is given with its NUL. */
const elements = ({ sessionId, deviceName }: Session, make: (name: string) => RawElement[]): Buffer =>
  frame({ sessionId, elements: make(`${deviceName}\0`) })

/** AUTH_RESPONSEs that look odd and are right [CAPF-1.4], [CAPF-2]: each TLS record on its own. */
const UNUSUAL: readonly { what: string; send(session: Session): readonly Buffer[] }[] = [
  {
    what: 'a header split over two records',
    send: ({ sessionId, deviceName }) => {
      const bytes = frame({ sessionId, elements: authElements(deviceName) })
      return [bytes.subarray(0, 4), bytes.subarray(4)]
    },
  },
  {
    what: 'one byte a record',
    send: ({ sessionId, deviceName }) => [...frame({ sessionId, elements: authElements(deviceName) })].map(byte => Buffer.of(byte)),
  },
  {
    what: 'the order of a version 2 client',
    send: session => [
      elements(session, name => [
        [7, Buffer.of(2)],
        [13, name],
        [1, Buffer.of(1)],
      ]),
    ],
  },
  {
    what: 'the elements backwards',
    send: session => [
      elements(session, name => [
        [13, name],
        [11, '\0'],
        [7, Buffer.of(3)],
      ]),
    ],
  },
  {
    what: 'no REASON and no PASSWORD',
    send: session => [
      elements(session, name => [
        [13, name],
        [7, Buffer.of(3)],
      ]),
    ],
  },
  {
    what: 'REASON_INFO in another script',
    send: session => [elements(session, name => [...authElements(name.slice(0, -1)), [2, '電話']])],
  },
  {
    what: 'a name in lower case',
    send: ({ sessionId, deviceName }) => [frame({ sessionId, elements: authElements(deviceName.toLowerCase()) })],
  },
]

for (const { what, send } of UNUSUAL) {
  t.test(`an AUTH_RESPONSE is taken: ${what}`, async t => {
    const server = await serve(t, { options: { strictElements: true } })
    const deviceName = await server.device()
    const phone = await server.phone()
    await phone.expect('AUTH_REQUEST')
    for (const bytes of send({ sessionId: phone.sessionId, deviceName })) phone.write(bytes)
    t.equal(await obey(phone), 1)
    t.match(await server.row(deviceName), { operation: 'none', status: 3 })
    t.match(await server.summary(deviceName), { deviceName, reason: 1, detail: undefined })
  })
}

// [CAPF-2]
t.test('elements that the message does not use are ignored, and refused where that is configured', async t => {
  const lenient = await serve(t)
  const strict = await serve(t, { options: { strictElements: true } })
  for (const tag of [15, 0, 5, 12, 255, 10]) {
    for (const server of [lenient, strict]) {
      const deviceName = await server.device()
      const phone = await server.phone()
      await phone.expect('AUTH_REQUEST')
      phone.write(frame({ sessionId: phone.sessionId, elements: [...authElements(deviceName), [tag, 'xx']] }))
      if (server === lenient) {
        t.equal(await obey(phone), 1, `tag ${tag} is ignored`)
        continue
      }
      t.equal(await phone.reason(), 7, `tag ${tag} is refused`)
      t.match(await server.summary(), { detail: /CODEC_UNKNOWN_ELEMENT/, offset: 31, state: 'AWAIT_AUTH_RESP' })
      t.match(await server.row(deviceName), { operation: 'install', status: 2 })
    }
  }
})

t.test('REQUEST_IN_PROGRESS may come many times, and together with the key in one record', async t => {
  const server = await serve(t)
  const deviceName = await server.device()
  const phone = await server.phone()
  await bringTo.key(phone, deviceName)
  const progress = phone.frame({ name: 'REQUEST_IN_PROGRESS' })
  const key = phone.frame({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: publicKey({ type: 'rsa', bits: 2048 }) })
  for (let count = 0; count < 5; count++) phone.write(progress)
  phone.write(Buffer.concat([progress, progress, key]))
  t.equal(await obey(phone), 1)
})

t.test('REQUEST_IN_PROGRESS without end is an end', async t => {
  const server = await serve(t)
  const deviceName = await server.device()
  const phone = await server.phone()
  await bringTo.key(phone, deviceName)
  phone.write(Buffer.concat(Array.from({ length: 10_001 }, () => phone.frame({ name: 'REQUEST_IN_PROGRESS' }))))
  t.equal(await phone.reason(), 7)
  t.match(await server.summary(deviceName), { detail: 'too many REQUEST_IN_PROGRESS' })
  t.match(await server.row(deviceName), { operation: 'install', status: 13 })
})

t.test('what follows the end of a session in one record is not read', async t => {
  const server = await serve(t)
  const deviceName = await server.device()
  const phone = await server.phone()
  await phone.expect('AUTH_REQUEST')
  const wrong = frame({ sessionId: phone.sessionId, command: 14, elements: [[1, Buffer.of(1)]] })
  phone.write(Buffer.concat([wrong, frame({ sessionId: phone.sessionId, elements: authElements(deviceName) })]))
  t.equal(await phone.reason(), 7)
  t.strictSame(
    server.summaries.map(({ deviceName }) => deviceName),
    [undefined],
  )
  t.match(await server.row(deviceName), { operation: 'install', status: 2 })
})
