import { generateKeyPair } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPool, parseKeySpec } from '@capfkit/pki'

/** One way to make keys, in a process of its own: the size of libuv's pool is that of a process. */

export type KeysAsked = { key: 'rsa:2048' | 'ec:p256'; count: number; how: 'bare' | 'pool'; lanes: number }

const DER = { publicKeyEncoding: { type: 'spki', format: 'der' }, privateKeyEncoding: { type: 'pkcs8', format: 'der' } } as const

const bareKey = (key: KeysAsked['key']) =>
  new Promise<void>((resolve, reject) => {
    const done = (error: Error | null) => (error ? reject(error) : resolve())
    if (key === 'rsa:2048') generateKeyPair('rsa', { modulusLength: 2048, ...DER }, done)
    else generateKeyPair('ec', { namedCurve: 'prime256v1', ...DER }, done)
  })

const bare = async ({ key, count, lanes }: KeysAsked) => {
  let left = count
  const lane = async () => {
    while (left-- > 0) await bareKey(key)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

const pool = async ({ key, count }: KeysAsked) => {
  const file = join(tmpdir(), `capf-bench-${process.pid}.pool`)
  try {
    await generateKeyPool({ file, spec: parseKeySpec(key), count })
  } finally {
    rmSync(file, { force: true })
  }
}

process.on('message', async (asked: KeysAsked) => {
  const startedMs = performance.now()
  await { bare, pool }[asked.how](asked)
  process.send?.({ perSecond: (asked.count * 1000) / (performance.now() - startedMs) })
})
