import { join } from 'node:path'
import { generateKeyPool, type KeyPair, type KeySpec, openKeyPool } from '@capfkit/pki'
import t from 'tap'
import { KeySource } from '../src/key-source.ts'
import { range } from './fleet-options.ts'

const P256 = { type: 'ec', curve: 'secp256r1' } as const satisfies KeySpec
const COUNT = 12
const file = join(t.testdir(), 'keys.pool')
await generateKeyPool({ file, spec: P256, count: COUNT })
const pool = await openKeyPool(file)
t.teardown(() => pool.close())

const inPool = await Promise.all(range(COUNT).map(async index => (await pool.read(index)).publicKeyDer.toString('hex')))
/** Where in the pool a key is, -1 when it is not from there. */
const placeOf = ({ publicKeyDer }: Pick<KeyPair, 'publicKeyDer'>) => inPool.indexOf(publicKeyDer.toString('hex'))

const take = async (source: KeySource, count: number, spec: KeySpec = P256) => {
  const places: number[] = []
  for (const _ of range(count)) places.push(placeOf(await source.take(spec)))
  return places
}

t.test('keys are taken in turn, and from the start again when all are used', async t => {
  const source = new KeySource({ pool, first: 0, step: 1 })
  t.strictSame(await take(source, COUNT + 3), [...range(COUNT), 0, 1, 2])
  t.match(source, { pooled: COUNT + 3, generated: 0 })
})

t.test('the processes of a run take keys of their own, as long as the pool lasts', async t => {
  for (const step of [2, 3, 5]) {
    const each = Math.floor(COUNT / step)
    const taken = await Promise.all(range(step).map(first => take(new KeySource({ pool, first, step }), each)))
    t.equal(new Set(taken.flat()).size, each * step, `${step} processes`)
  }
})

t.test('used again and again, every key is used about as often as any other', async t => {
  for (const step of [1, 2, 5]) {
    const taken = await Promise.all(range(step).map(first => take(new KeySource({ pool, first, step }), COUNT * 2)))
    const times = Object.values(Object.groupBy(taken.flat(), String)).map(places => places!.length)
    t.equal(times.length, COUNT, 'each is used')
    t.ok(Math.max(...times) - Math.min(...times) <= 1, `${step} processes: ${Math.min(...times)} to ${Math.max(...times)} times`)
  }
})

t.test('a key that was read is the same object: its private key is parsed once', async t => {
  const source = new KeySource({ pool, first: 3, step: COUNT })
  const [first, again] = [await source.take(P256), await source.take(P256)]
  t.equal(again, first)
  t.equal(again.privateKey, first.privateKey)
})

t.test('a kind that the pool does not have is generated, a new one each time, and counted', async t => {
  const source = new KeySource({ pool, first: 0, step: 1 })
  const spec = { type: 'ec', curve: 'secp384r1' } as const
  const [one, two] = [await source.take(spec), await source.take(spec)]
  t.strictSame([one.spec, two.spec], [spec, spec])
  t.notOk(one.publicKeyDer.equals(two.publicKeyDer))
  t.strictSame(await take(source, 1), [0], 'the pool is untouched')
  t.match(source, { pooled: 1, generated: 2 })
})

t.test('without a pool every key is generated', async t => {
  const source = new KeySource({ pool: undefined, first: 0, step: 1 })
  t.strictSame(await take(source, 2), [-1, -1])
  t.match(source, { pooled: 0, generated: 2 })
})

t.test('phones that ask at once get different keys', async t => {
  const source = new KeySource({ pool, first: 0, step: 1 })
  const pairs = await Promise.all(range(COUNT).map(() => source.take(P256)))
  t.equal(new Set(pairs.map(placeOf)).size, COUNT)
})
