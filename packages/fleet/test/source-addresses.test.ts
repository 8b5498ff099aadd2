import fc from 'fast-check'
import t from 'tap'
import { parseSourceAddresses, processesOnAddress, SOURCE_ADDRESSES, SourceUse, someOf } from '../src/source-addresses.ts'
import { range } from './fleet-options.ts'

const all = (text: string) => {
  const { count, at } = parseSourceAddresses(text)
  return range(count).map(at)
}

t.test('addresses and networks stand for their hosts, in order', async t => {
  t.strictSame(all('127.0.0.9'), ['127.0.0.9'])
  t.strictSame(all('10.1.2.3/30'), ['10.1.2.1', '10.1.2.2'], 'without the network and its broadcast address')
  t.strictSame(all('10.1.2.3/31,10.9.9.9/32,::1'), ['10.1.2.2', '10.1.2.3', '10.9.9.9', '::1'])
  t.equal(parseSourceAddresses('127.0.0.0/16').count, 65_534)
  t.strictSame([0, 255, 65_533].map(parseSourceAddresses('127.3.0.0/16').at), ['127.3.0.1', '127.3.1.0', '127.3.255.254'])
  t.equal(parseSourceAddresses('255.255.255.255/24').at(253), '255.255.255.254')
})

t.test('phones go round, and without addresses the route decides', async t => {
  const { at } = parseSourceAddresses('127.0.0.1,127.0.1.0/30')
  t.strictSame(range(7).map(at), ['127.0.0.1', '127.0.1.1', '127.0.1.2', '127.0.0.1', '127.0.1.1', '127.0.1.2', '127.0.0.1'])
  const none = parseSourceAddresses(undefined)
  t.strictSame([none.count, none.at(5)], [0, undefined])
})

t.test('every host of a network is in it, once', async t => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 20, max: 32 }), (address, bits) => {
      const text = `${address}/${bits}`
      const hosts = all(text)
      const number = (host: string) => host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
      const network = Math.floor(number(address) / 2 ** (32 - bits))
      return (
        SOURCE_ADDRESSES.pattern.test(text) &&
        new Set(hosts).size === hosts.length &&
        hosts.every(host => Math.floor(number(host!) / 2 ** (32 - bits)) === network)
      )
    }),
    { numRuns: 50 },
  )
  t.pass('all')
})

t.test('what is no address is told as it stands', async t => {
  for (const text of ['eth0', '127.0.0', '127.0.0.0/8', '127.0.0.0/33', '::1/64', '256.0.0.1'])
    t.throws(() => parseSourceAddresses(`127.0.0.1,${text}`), { name: 'OptionError', message: new RegExp(`got "${text}"`) }, text)
})

t.test('some stand for all, where there are many', async t => {
  t.strictSame(someOf(parseSourceAddresses('127.0.0.0/30'), 16), ['127.0.0.1', '127.0.0.2'])
  const some = someOf(parseSourceAddresses('127.0.0.0/16'), 4)
  t.strictSame(some, ['127.0.0.1', '127.0.64.0', '127.0.128.0', '127.0.191.255'])
})

t.test('what is in use is counted by address', async t => {
  const use = new SourceUse(parseSourceAddresses('127.0.0.1,127.0.0.2'))
  const taken = range(5).map(index => use.take(index))
  t.equal(use.most, 3)
  for (const address of taken) use.give(address)
  t.equal(use.most, 0)
  const route = new SourceUse(parseSourceAddresses(undefined))
  t.strictSame([route.take(0), route.take(1), route.most], [undefined, undefined, 2])
})

t.test('how many processes share an address is what their phones come to', async t => {
  for (const processes of [1, 2, 3, 4, 6])
    for (const addresses of [1, 2, 3, 4, 9]) {
      const users = range(addresses).map(() => new Set<number>())
      for (const index of range(processes * addresses)) users[index % addresses]!.add(index % processes)
      for (const { size } of users) t.equal(processesOnAddress({ processes, addresses }), size, `${processes} on ${addresses}`)
    }
})
