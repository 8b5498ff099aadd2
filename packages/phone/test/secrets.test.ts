import { inspect } from 'node:util'
import { privateKeyPem } from '@capfkit/pki'
import t from 'tap'
import type { LogEntry } from '../src/index.ts'
import type { Script } from './scripted-server.ts'
import { goodbye, greet, install, RSA, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

const AUTH_STRING = '8675309421'
const scripts: Script[] = [
  async peer => {
    await greet(peer)
    await install(peer, { world })
    goodbye(peer)
  },
  async peer => {
    await greet(peer)
    goodbye(peer, 7)
  },
  async peer => {
    await greet(peer)
    peer.sayBytes(Buffer.from('rubbish'))
  },
  peer => void peer.socket.end(),
]

t.test('results, status page, log and the phone itself, when printed, show no secret', async t => {
  const log: LogEntry[] = []
  const mic = await world.newMic(RSA)
  const keyLine = privateKeyPem(mic.privateKey).split('\n')[5]!
  for (const script of scripts) {
    const phone = world.phone({
      authMode: 'string',
      authString: AUTH_STRING,
      mic,
      sudi: true,
      log: entry => log.push(entry),
    })
    const { result } = await world.session(script, phone)
    const shown = [result, phone.statusMessages, log, phone].map(value => `${JSON.stringify(value)}${inspect(value, { depth: 9 })}`)
    for (const text of shown) {
      t.notMatch(text, AUTH_STRING)
      t.notMatch(text, keyLine)
    }
    t.strictSame(structuredClone(result), result, 'a result can cross a process boundary')
  }
  t.match(log, [{ level: 'debug', deviceName: 'SEP001122334455', text: 'received AUTH_REQUEST' }])
  t.ok(log.some(({ text }) => /^session with 127\.0\.0\.1:\d+, done: install$/.test(text)))
  t.ok(log.some(({ text, level }) => level === 'warn' && text.includes('PHONE_REFUSED in phase auth')))
})
