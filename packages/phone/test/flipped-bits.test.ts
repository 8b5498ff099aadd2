import { createHash } from 'node:crypto'
import t from 'tap'
import type { BootContext } from '../src/boot/context.ts'
import { newSharedFiles } from '../src/boot/shared-files.ts'
import { takeConfig } from '../src/boot/take-config.ts'
import { takeList } from '../src/boot/take-list.ts'
import { MODELS, memoryFlash } from '../src/index.ts'
import { HeldLists } from '../src/trust/held-lists.ts'
import { TrustedList } from '../src/trust/trusted-list.ts'
import { credential, recorded } from './credentials.ts'

const DEVICE = 'SEP00000000D001'
const itl = recorded('sha1/ITLFile.tlv')
const held = new TrustedList(itl)

/** All that the steps look at: real lists and rules, no network, and nobody who could be asked. */
const phoneWith = (offered: Buffer, lists: HeldLists): BootContext => {
  const silent = { write: () => {}, show: () => {} }
  const phone = {
    device: { deviceName: DEVICE, model: MODELS['8861'], lsc: undefined, mic: credential('phone') },
    console: silent,
    page: silent,
  }
  const tvs = { isUsable: false, members: [] }
  const fetcher = { get: async () => ({ transport: 'HTTP', bytes: offered }) }
  const record = { during: (_: string, work: Promise<unknown>) => work }
  return { phone, lists, tvs, fetcher, record, flash: memoryFlash(), shared: newSharedFiles() } as unknown as BootContext
}

const holding = (list?: TrustedList) => {
  const lists = new HeldLists()
  if (list) lists.set('ITL', list)
  return lists
}

/** Which bit of a byte is flipped: another one for each, the same ones in each run. */
const bitOf = (at: number) => 1 << (createHash('sha1').update(String(at)).digest()[0]! & 7)

const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at]! ^= bitOf(at)
  return copy
}

/** Every byte of the header, and some of the records: pki's tests flip every bit of all of them. */
const places = (stride: number): number[] => [...itl.keys()].filter(at => at < held.header.span.end || at % stride === 0)

t.test('a list with one flipped bit is never taken, as the first one or later', async t => {
  const accepted: string[] = []
  for (const [name, list, stride] of [
    ['first', undefined, 7],
    ['later', held, 23],
  ] as const)
    for (const at of places(stride)) {
      const lists = holding(list)
      const { event, trouble } = await takeList({ file: 'itl', list: 'ITL' }, phoneWith(flipped(itl, at), lists))
      if (event !== 'failed' || !trouble || lists.get('ITL') !== list) accepted.push(`${name} ${at}`)
    }
  t.strictSame(accepted, [])
  const lists = holding()
  t.equal((await takeList({ file: 'itl', list: 'ITL' }, phoneWith(itl, lists))).event, 'ok', 'the list as it was recorded is')
  t.ok(lists.get('ITL'))
})

t.test('nor is a signed or encrypted configuration', async t => {
  for (const [file, recording, outcome] of [
    ['config', `sha1/${DEVICE}.cnf.xml.sgn`, 'encrypted'],
    ['encryptedConfig', `sha1/${DEVICE}.cnf.xml.enc.sgn`, 'ok'],
  ] as const) {
    const bytes = recorded(recording)
    const accepted: number[] = []
    for (let at = 0; at < bytes.length; at++) {
      const context = phoneWith(flipped(bytes, at), holding(held))
      const { event } = await takeConfig({ file }, context)
      if (event !== 'failed' || context.config) accepted.push(at)
    }
    t.strictSame(accepted, [], file)
    t.equal((await takeConfig({ file }, phoneWith(bytes, holding(held)))).event, outcome, `${file} as it was recorded`)
  }
})

t.test('nor is any beginning of a list or a configuration', async t => {
  const accepted: number[] = []
  for (const length of places(3)) {
    const { event } = await takeList({ file: 'itl', list: 'ITL' }, phoneWith(itl.subarray(0, length), holding()))
    if (event !== 'failed') accepted.push(length)
  }
  t.strictSame(accepted, [])
  const config = recorded(`sha1/${DEVICE}.cnf.xml.sgn`)
  for (let length = 0; length < config.length; length++)
    if ((await takeConfig({ file: 'config' }, phoneWith(config.subarray(0, length), holding(held)))).event !== 'failed')
      accepted.push(length)
  t.strictSame(accepted, [])
})
