import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { derToPem, privateKeyPem } from '@capfkit/pki'
import t from 'tap'
import { MODELS, type ModelName, type PhoneModel, phoneOptions } from '../src/index.ts'
import { tlsProfileFor } from '../src/tls-profile.ts'
import { credential } from './credentials.ts'

const names = Object.keys(MODELS) as ModelName[]
const of = (name: ModelName): PhoneModel => MODELS[name]

t.test('every family is there, and what they have in common', async t => {
  for (const family of ['79', '78', '88', '89'])
    t.ok(
      names.some(name => name.startsWith(family)),
      family,
    )
  for (const name of names) {
    const model = of(name)
    t.ok(model.trustLists.includes('CTL') && model.digests.includes('sha1') && model.ciphers.length > 0, name)
    t.equal(model.product !== undefined, model.hasMic, `${name}: phones with a MIC are named in it by their product`)
    if (model.legacyTls) t.notOk(model.https || model.ec, `${name} is of before HTTPS 6971 and EC keys`)
  }
  t.strictSame(
    names.filter(name => !of(name).trustLists.includes('ITL')),
    ['7935', '7936', '7937', '7940', '7960'],
    'models without Security By Default',
  )
})

t.test('each model offers the ciphers of its row, and reaches servers with RSA as with EC certificates if it knows EC', async t => {
  const offered = async (name: ModelName, server: 'tvs' | 'tvs-ec') => {
    const { certificateDer, privateKey } = credential(server)
    const tls = createServer({
      cert: derToPem(certificateDer),
      key: privateKeyPem(privateKey),
      minVersion: 'TLSv1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    tls.on('secureConnection', socket => socket.on('error', () => {}))
    tls.on('tlsClientError', () => {})
    tls.listen(0, '127.0.0.1')
    await once(tls, 'listening')
    const { secureContext } = tlsProfileFor({ model: of(name), options: phoneOptions({ legacyTls: true }) })
    const socket = connect({
      host: '127.0.0.1',
      port: (tls.address() as AddressInfo).port,
      secureContext,
      rejectUnauthorized: false,
    })
    try {
      await once(socket, 'secureConnect')
      return `${socket.getProtocol()} ${socket.getCipher().name}`
    } catch {
      return 'nothing in common'
    } finally {
      socket.destroy()
      tls.close()
    }
  }
  t.match(await offered('8861', 'tvs'), /^TLSv1\.2 (ECDHE-RSA-AES|AES)/)
  t.match(await offered('8861', 'tvs-ec'), /^TLSv1\.2 ECDHE-ECDSA-AES/)
  t.match(await offered('7962', 'tvs'), /^TLSv1 AES(256|128)-SHA$/)
  t.equal(await offered('7962', 'tvs-ec'), 'nothing in common')
})
