import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { decode } from '@capfkit/codec/tvs'
import { CertificateStore } from '@capfkit/tvs'
import t from 'tap'
import { capf } from './certificates.ts'
import { CAPF_ROLE, serve } from './serving.ts'

/** The frames of a recording by their direction, as its text has them. */
const recording = (name: string) => {
  const text = readFileSync(new URL(`../../../test-vectors/tvs/${name}.txt`, import.meta.url), 'utf8')
  const frames = (direction: string) =>
    [...text.matchAll(new RegExp(`^${direction} \\S+ ([0-9a-f]+)$`, 'gm'))].map(([, hex]) => Buffer.from(hex!, 'hex'))
  return { requests: frames('C>S'), answers: frames('S>C') }
}

for (const name of ['verify-valid', 'verify-unknown'])
  t.test(`${name}: the recorded request gets the recorded answer, byte for byte`, async t => {
    const { requests, answers } = recording(name)
    const server = await serve(t, { store: new CertificateStore([{ certificateDer: capf, roles: [CAPF_ROLE] }]) })
    const client = await server.client()
    client.send(Buffer.concat(requests))
    t.strictSame(
      await client.answers(answers.length),
      answers.map(answer => decode(answer)),
    )
    t.strictSame(Buffer.concat(client.records), Buffer.concat(answers))
  })

t.test('the openssl program sends the recorded request and gets the recorded answer', async t => {
  const { requests, answers } = recording('verify-valid')
  const server = await serve(t)
  const openssl = spawn('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${server.server.address.port}`])
  t.teardown(() => openssl.kill())
  const [request, answer] = [requests[0]!, answers[0]!]
  // Cut as no capfkit client would cut it.
  openssl.stdin.write(request.subarray(0, 7))
  await once(openssl, 'spawn')
  openssl.stdin.write(request.subarray(7))
  const chunks: Buffer[] = []
  openssl.stdout.on('data', chunk => chunks.push(chunk))
  while (Buffer.concat(chunks).length < answer.length) await Promise.race([once(openssl.stdout, 'data'), once(openssl, 'exit')])
  t.strictSame(Buffer.concat(chunks), answer)
})

t.test('any other byte after the command, and a session id of its own, come to the same', async t => {
  const [request] = recording('verify-valid').requests
  const [answer] = recording('verify-valid').answers
  const server = await serve(t)
  const client = await server.client()
  for (const [reserved, sessionId] of [
    [0xa5, 0xffff_ffff],
    [0xff, 0],
  ] as const) {
    const [asked, answered] = [Buffer.from(request!), Buffer.from(answer!)]
    asked[3] = reserved
    for (const frame of [asked, answered]) frame.writeUInt32BE(sessionId, 4)
    client.records.length = 0
    client.messages.length = 0
    client.send(asked)
    await client.answers(1)
    t.strictSame(Buffer.concat(client.records), answered)
  }
})
