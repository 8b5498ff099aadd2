import t from 'tap'
import { ADDRESS, formatAddress, parseAddress } from '../src/address.ts'

t.test('HOST:PORT, with a port that there is', async t => {
  for (const text of ['127.0.0.1:0', 'localhost:9', '[::1]:3804', 'host.example:65535', '[fe80::1]:10000'])
    t.equal(formatAddress(parseAddress(ADDRESS.pattern.exec(text)![0])), text)
  for (const text of ['', 'host', ':1', '::1:80', 'host:', 'host:65536', 'nohost:99999', 'host:-1', 'a b:1', 'host:123456'])
    t.notMatch(text, ADDRESS.pattern, text)
})
