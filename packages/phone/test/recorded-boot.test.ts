import t from 'tap'
import { Cluster, shown, steps } from './cluster.ts'
import { credential, recorded } from './credentials.ts'
import { ScriptedServer } from './scripted-server.ts'
import { goodbye, greet } from './world.ts'

const cluster = await Cluster.start()
t.teardown(() => cluster[Symbol.asyncDispose]())

t.test('recorded lists and configuration: the phone believes them, decides, and asks the recorded CAPF', async t => {
  const name = 'SEP00000000D001'
  await cluster.serve({
    others: {
      'ITLFile.tlv': recorded('sha1/ITLFile.tlv'),
      [`${name}.cnf.xml.sgn`]: recorded(`sha1/${name}.cnf.xml.sgn`),
      [`${name}.cnf.xml.enc.sgn`]: recorded(`sha1/${name}.cnf.xml.enc.sgn`),
    },
  })
  const { certificateDer, privateKey } = credential('capf')
  await using capf = await ScriptedServer.start({
    certificateDer,
    keyPair: { privateKey, publicKeyDer: Buffer.alloc(0) },
    subject: [],
  } as never)
  capf.script = async peer => {
    const { deviceName, password } = await greet(peer)
    t.match({ deviceName, password }, { deviceName: name, password: '' }, 'by null string, as capfAuthMode 2 says')
    goodbye(peer, 0)
  }
  const phone = cluster.phone({
    deviceName: name,
    mic: credential('phone'),
    connect: target => cluster.connectTo(capf.target.port, target),
  })
  const result = await cluster.boot(phone)
  t.match(result, {
    ok: true,
    capfReason: 'NORM_AUTO_SESSION',
    capf: { ok: true, operation: 'none' },
    config: { capfAuthMode: 'null' },
  })
  t.strictSame(steps(result), [
    'server ok',
    'ctl missing',
    'itl missing',
    'itlFile ok',
    'config encrypted',
    'encryptedConfig ok',
    'tvs skipped',
    'further skipped',
    'capf ok',
  ])
  const configs = [`${name}.cnf.xml.sgn`, `${name}.cnf.xml.enc.sgn`]
  t.strictSame(cluster.http.asked, [`CTL${name}.tlv`, `ITL${name}.tlv`, 'ITLFile.tlv', ...configs])
  t.strictSame(shown(phone), ['Trust List Updated', ...configs.flatMap(file => [`${file}(HTTP)`, 'VPN not configured'])])
  t.strictSame(cluster.connected, ['127.0.0.1:3804'])
})
