import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { EventStream, MOST_WATCHERS } from '../src/event-stream.ts'
import { isForeignOrigin, isOwnHost } from '../src/guard.ts'
import { ACTIONS, FleetUi } from '../src/index.ts'
import { PretendedControl, pretendedPhones, snapshotAt } from './pretended-run.ts'

const control = new PretendedControl()
const ui = await FleetUi.start({ host: '127.0.0.1', port: 0, control, phones: pretendedPhones })
t.teardown(() => ui[Symbol.asyncDispose]())
const { port } = ui.address

type Asked = { method?: string; path: string; headers?: Record<string, string>; body?: string }

const open = ({ method = 'GET', path, headers = {}, body }: Asked): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, resolve)
    request.on('error', reject)
    request.end(body)
  })

const ask = async (asked: Asked) => {
  const response = await open(asked)
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) }
}

const refused = async (t: Test, asked: Asked, [status, code]: readonly [number, string]) => {
  const answer = await ask(asked)
  t.equal(answer.status, status, code)
  t.match(answer.json(), { error: { code, message: code } })
}

const CONTROL = { method: 'POST', path: '/api/control' } as const
const JSON_TYPE = { 'content-type': 'application/json' } as const
const ALLOWED = { ...JSON_TYPE, authorization: `Bearer ${ui.token}` }

t.test('before anything has happened there is no snapshot, and the page is there', async t => {
  await refused(t, { path: '/api/snapshot' }, [503, 'UI_NOT_YET'])
  const { status, headers, text } = await ask({ path: '/' })
  t.equal(status, 200)
  t.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/)
  t.notMatch(headers['content-security-policy'], /unsafe/)
  t.notMatch(text, /<script(?![^>]* src=)|\son\w+=|<style/, 'no code and no style in the page itself')
  for (const [, path = ''] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const asset = await ask({ path })
    t.match(asset, { status: 200, headers: { 'x-content-type-options': 'nosniff' } }, path)
    t.notMatch(asset.text.replaceAll('http://www.w3.org/', ''), /https?:\/\//, `${path} needs nobody else`)
  }
})

t.test('snapshots are shown as they were given', async t => {
  for (let second = 0; second < 3; second++) ui.show(snapshotAt(second))
  t.strictSame((await ask({ path: '/api/snapshot' })).json(), JSON.parse(JSON.stringify(snapshotAt(2))))
  const { points } = (await ask({ path: '/api/history' })).json()
  t.strictSame(
    points.map(({ seconds }: { seconds: number }) => seconds),
    [0, 1, 2],
  )
})

t.test('a name of another site that leads here is refused', async t => {
  for (const host of ['evil.example', 'evil.example:80', `localhost.evil.example:${port}`])
    await refused(t, { path: '/api/snapshot', headers: { host } }, [421, 'UI_FOREIGN_HOST'])
  for (const host of ['localhost', 'LOCALHOST:9000', '127.0.0.1', `[::1]:${port}`, '192.0.2.7:80'])
    t.equal((await ask({ path: '/api/snapshot', headers: { host } })).status, 200, host)
})

t.test('no name but its own is taken for a host of this machine', async t => {
  fc.assert(fc.property(fc.domain(), name => !isOwnHost(name, 'load.example') && !isOwnHost(`${name}:80`, 'load.example')))
  t.ok(isOwnHost('LOAD.example:8080', 'load.example'))
  t.notOk(isOwnHost(undefined, '127.0.0.1'))
})

t.test('only the page itself, and programs, may ask for more than to watch', async t => {
  const host = '127.0.0.1:1'
  t.notOk(isForeignOrigin({ headers: { host } }))
  t.notOk(isForeignOrigin({ headers: { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' } }))
  for (const headers of [
    { origin: 'http://127.0.0.1:2' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])
    t.ok(isForeignOrigin({ headers: { host, ...headers } }), JSON.stringify(headers))
})

t.test('nobody steers the run without its token', async t => {
  const body = '{"action":"stop"}'
  await refused(t, { ...CONTROL, headers: JSON_TYPE, body }, [401, 'UI_TOKEN_MISSING'])
  for (const authorization of ['Bearer ', `Bearer ${ui.token}x`, ui.token, `Basic ${ui.token}`])
    await refused(t, { ...CONTROL, headers: { ...JSON_TYPE, authorization }, body }, [403, 'UI_TOKEN_WRONG'])
  const origin = 'http://evil.example'
  await refused(t, { ...CONTROL, headers: { ...ALLOWED, origin }, body }, [403, 'UI_FOREIGN_ORIGIN'])
  t.strictSame(control.state, new PretendedControl().state, 'nothing was done')
})

t.test('the token steers the run', async t => {
  const tell = (action: object) => ask({ ...CONTROL, headers: ALLOWED, body: JSON.stringify(action) })
  t.match((await tell({ action: 'pause' })).json(), { paused: true })
  t.match((await tell({ action: 'resume' })).json(), { paused: false })
  t.match((await tell({ action: 'rate', factor: 2.5 })).json(), { factor: 2.5 })
  t.match((await tell({ action: 'drain' })).json(), { draining: true })
  t.match((await tell({ action: 'stop' })).json(), { stopping: true })
  t.equal(Object.keys(ACTIONS).length, 5, 'these are all')
})

t.test('what cannot be understood is told so, and does nothing', async t => {
  const before = control.state
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '{"action":"explode"}',
    '{"action":"__proto__"}',
    '{"action":"rate"}',
    '{"action":"rate","factor":0}',
  ]
  for (const body of bodies) await refused(t, { ...CONTROL, headers: ALLOWED, body }, [400, 'UI_BAD_REQUEST'])
  const { authorization } = ALLOWED
  const text = { authorization, 'content-type': 'text/plain' }
  await refused(t, { ...CONTROL, headers: text, body: '{"action":"pause"}' }, [400, 'UI_BAD_REQUEST'])
  await refused(t, { ...CONTROL, headers: ALLOWED, body: JSON.stringify({ action: 'x'.repeat(2_000) }) }, [413, 'UI_TOO_LARGE'])
  await refused(t, { path: '/api/control' }, [405, 'UI_WRONG_METHOD'])
  await refused(t, { method: 'DELETE', path: '/' }, [405, 'UI_WRONG_METHOD'])
  for (const path of ['/nothing', '/../package.json', '/assets/', '/api', '//']) await refused(t, { path }, [404, 'UI_NOT_FOUND'])
  for (const path of ['/api/phone', '/api/phone?name=', `/api/phone?name=${'x'.repeat(129)}`])
    await refused(t, { path }, [400, 'UI_BAD_REQUEST'])
  t.equal(control.state, before)
})

t.test('one phone, with the failed ones to begin with', async t => {
  const { failed } = (await ask({ path: '/api/operations' })).json()
  const [{ deviceName }] = failed
  const { operations } = (await ask({ path: `/api/phone?name=${encodeURIComponent(deviceName)}` })).json()
  t.equal(operations[0].deviceName, deviceName)
  t.match(operations[1].failure.frames, [{ from: 'server', name: 'AUTH_REQUEST' }, { from: 'client' }])
})

/** Events as they come, until so many have. */
const eventsOf = async (response: IncomingMessage, count: number) => {
  let text = ''
  for await (const chunk of response) {
    text += chunk
    if (text.split('event: ').length > count) break
  }
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!).seconds as number)
}

t.test('who watches hears the present first and then all that comes', async t => {
  const response = await open({ path: '/api/events' })
  t.equal(response.headers['content-type'], 'text/event-stream')
  const heard = eventsOf(response, 3)
  ui.show(snapshotAt(3))
  ui.show(snapshotAt(4))
  t.strictSame(await heard, [2, 3, 4])
})

t.test('a reader that takes nothing is let go, and nobody else waits for it', async t => {
  const slow = connect(port, '127.0.0.1')
  const gone = new Promise<void>(resolve => slow.once('close', () => resolve()))
  slow.on('error', () => {})
  slow.write('GET /api/events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  await new Promise(resolve => slow.once('data', resolve))
  slow.pause()
  const response = await open({ path: '/api/events' })
  let heard = 0
  response.on('data', chunk => {
    heard += String(chunk).split('event: ').length - 1
  })
  let sent = 0
  // What the kernel keeps for a reader that does not read is some megabytes.
  const large = { ...snapshotAt(5), warnings: ['x'.repeat(200_000)] }
  for (; sent < 100 && !slow.destroyed && slow.readyState === 'open'; sent++) {
    ui.show(large)
    await delay(1)
    if (sent === 60) slow.resume()
  }
  await gone
  while (heard < sent + 1) await delay(5)
  t.ok(heard > sent, 'the other one has everything')
  response.destroy()
})

t.test('only so many watch at once', async t => {
  const responses = await Promise.all(Array.from({ length: MOST_WATCHERS }, () => open({ path: '/api/events' })))
  await refused(t, { path: '/api/events' }, [503, 'UI_BUSY'])
  for (const response of responses) response.destroy()
})

t.test('silence is broken by a heart-beat', async t => {
  const written: string[] = []
  using stream = new EventStream(5)
  const response = {
    writeHead() {},
    getHeaders: () => ({}),
    once() {},
    end() {},
    writableLength: 0,
    write: (text: string) => written.push(text),
  }
  stream.add(response as never)
  while (written.length < 3) await delay(2)
  t.match(written.at(-1), /^: .*\n\n$/)
})

t.test('it ends although somebody watches, and those who watch are told', async t => {
  const other = await FleetUi.start({ host: '127.0.0.1', port: 0, control, phones: pretendedPhones, token: 'known' })
  t.match(other.url, /^http:\/\/127\.0\.0\.1:\d+\/#token=known$/)
  const response: IncomingMessage = await new Promise(resolve =>
    httpRequest({ host: '127.0.0.1', port: other.address.port, path: '/api/events', agent: false }, resolve).end(),
  )
  const ended = new Promise(resolve => response.resume().once('end', resolve))
  await other[Symbol.asyncDispose]()
  await ended
  t.ok(response.complete)
})
