import t from 'tap'
import { bringTo, bystander } from './bystander.ts'
import { BAD, STATES } from './malformed-frames.ts'
import { serve } from './serving.ts'

const UNTOUCHED = 2
const PHONE_COMM_ERROR = 13

const escaped: unknown[] = []
process.on('uncaughtExceptionMonitor', error => escaped.push(error))

t.test('what is malformed ends its own session with REASON 7 and one line in the log, and nothing else', async t => {
  const server = await serve(t)
  for (const { what, at, send, detail, offset, status = at === 'auth' ? UNTOUCHED : PHONE_COMM_ERROR, named } of BAD) {
    await t.test(`${what}, in ${STATES[at]}`, async t => {
      const deviceName = await server.device()
      const { finish } = await bystander(server)
      const phone = await server.phone()
      await bringTo[at](phone, deviceName)
      const [before, linesBefore] = [server.summaries.length, server.logLines().length]
      for (const bytes of [send({ sessionId: phone.sessionId, deviceName })].flat()) phone.write(bytes)
      t.equal(await phone.reason(), 7, 'END_SESSION with REASON 7, then closed')

      const known = at !== 'auth' || named
      const expected = {
        remoteAddress: '127.0.0.1',
        deviceName: known ? deviceName : undefined,
        operation: at === 'auth' ? undefined : 'install',
        state: STATES[at],
        reason: 7,
        detail,
        offset,
      }
      t.match(server.summaries.slice(before), [expected], 'one summary, with device, state and offset')
      t.equal(server.summaries.length, before + 1)
      t.match(server.logLines().slice(linesBefore), [{ level: 40, msg: 'session failed', ...expected }], 'one line, a warning')
      t.equal(server.logLines().length, linesBefore + 1)

      t.match(await server.row(deviceName), { operation: 'install', status, certificate: undefined }, 'the order is still there')
      t.equal(await finish(), 1, 'and the phone beside has not noticed')
      t.equal(await server.session(deviceName), 1, 'the next try of the phone itself succeeds')
    })
  }
  t.strictSame(escaped, [], 'nothing was thrown past the session')
})
