import t from 'tap'
import {
  certificateNamesDevice,
  commonName,
  type DistinguishedName,
  deviceNameOf,
  formatName,
  lscSubject,
  micSubject,
  parseCertificate,
  parseName,
} from '../src/index.ts'
import { recordedCertificate } from './recordings.ts'

t.test('the device name is found in every form of common name', async t => {
  const forms = {
    SEP001122334455: 'SEP001122334455',
    'CP-7962G-SEP001122334455': 'SEP001122334455',
    'CP-8861-SEP0011AABBccdd': 'SEP0011AABBccdd',
    'CP-8832-NR-SEP001122334455': 'SEP001122334455',
    CSFalice: 'CSFalice',
    'TCT-alice.1_x': 'TCT-alice.1_x',
    'CP-8861-SEP00112233445': 'CP-8861-SEP00112233445',
  }
  for (const [common, device] of Object.entries(forms)) t.equal(deviceNameOf(common), device, common)
  for (const none of ['', 'two words', 'SEP001122334455\0', 'a'.repeat(129), 'ü'])
    t.equal(deviceNameOf(none), undefined, JSON.stringify(none))
})

t.test('a certificate names its device and no other', async t => {
  const mic = parseCertificate(recordedCertificate('mic-rsa'))
  t.ok(certificateNamesDevice(mic, 'SEP00000000C001'))
  t.ok(certificateNamesDevice(mic, 'sep00000000c001'), 'without case')
  t.notOk(certificateNamesDevice(mic, 'SEP00000000C002'))
  t.notOk(certificateNamesDevice(mic, 'CP-8841-SEP00000000C001'))
  const subject = (text: string): { subject: DistinguishedName } => ({ subject: parseName(text) })
  t.notOk(certificateNamesDevice(subject('O=SEP00000000C001'), 'SEP00000000C001'), 'only a common name counts')
  t.notOk(
    certificateNamesDevice(subject('CN=SEP00000000C001,CN=SEP00000000C002'), 'SEP00000000C001'),
    'several common names name nobody',
  )
})

t.test('subjects of LSCs and MICs', async t => {
  const issuer = parseName('C=NZ,O=Example,OU=UC,CN=CAPF-0a1b2c3d,ST=W,L=Wellington')
  const subject = (model?: string) => formatName(lscSubject({ deviceName: 'SEP001122334455', issuer, ...(model ? { model } : {}) }))
  t.equal(subject(), 'CN=SEP001122334455,O=Example,OU=UC,L=Wellington,ST=W,C=NZ')
  t.equal(subject('8861'), 'CN=CP-8861-SEP001122334455,O=Example,OU=UC,L=Wellington,ST=W,C=NZ')
  t.equal(subject('CP-8861'), subject('8861'), 'a model may say CP- itself')
  for (const deviceName of ['CSFbob', 'SEP00112233445', 'TCTALICE']) {
    const named = lscSubject({ deviceName, issuer, model: '8861' })
    t.equal(commonName(named), deviceName, 'what is no phone has no model')
    t.ok(certificateNamesDevice({ subject: named }, deviceName))
  }
  t.equal(
    formatName(micSubject({ deviceName: 'SEP001122334455', model: '8861' })),
    'O=capfkit TEST,OU=CTG,CN=CP-8861-SEP001122334455',
  )
  for (const deviceName of ['', 'a b', 'x,O=evil', '../etc']) {
    const isRefused = () => lscSubject({ deviceName, issuer })
    t.throws(isRefused, { code: 'PKI_BAD_DEVICE_NAME', message: JSON.stringify(deviceName) }, JSON.stringify(deviceName))
  }
})
