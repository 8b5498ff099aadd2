import fc from 'fast-check'
import t from 'tap'
import { readPage, readRenewals, readTemplates } from '../src/adcs/client/page-anchors.ts'
import { pageText, visibleText } from '../src/adcs/client/page-text.ts'
import { LANGUAGES, type Language } from '../src/adcs/simulator/languages.ts'
import { caCertificatesPage, deniedPage, errorPage, issuedPage, pendingPage, requestPage } from '../src/adcs/simulator/pages.ts'

const LANGUAGE_NAMES = Object.keys(LANGUAGES) as Language[]

// [ADCS-4.1]
t.test('anchors as clients have found them in real pages', async t => {
  t.match(readPage('<a href="certnew.cer?ReqID=77&amp;Enc=b64">'), { kind: 'issued', requestId: 77 })
  t.match(readPage('location="certnew.cer?ReqID=77&"+getEncoding()'), { kind: 'issued', requestId: 77 })
  const denied =
    'Your Request Id is 9. The disposition message is "Denied by Policy Module 0x80094800, The request was for a certificate template that is not supported".'
  t.match(readPage(`<P ID=locDenied> 您的证书申请被拒绝。 </P><P>${denied}</P>`), {
    kind: 'denied',
    requestId: 9,
    hresult: '0x80094800',
    message: /^Denied by Policy.*supported$/,
  })
  const failed =
    '<B><LocID ID=locDispLabel>Disposition:</LocID></B></TD><TD>\r\n\t\t5 - (unknown)\r\n<B id="locDispMsgLabel">Disposition message:</B>\r\n\t\tTaken Under Submission\r\n'
  t.strictSame(readPage(failed), { kind: 'failed', disposition: 5, message: 'Taken Under Submission' })
  const flat =
    "<td id='locDispMsgLabel'>Nachricht:</td><td>So &auml;hnlich &#228;</td><td id=locResultLabel>Ergebnis:</td><td>Fehler 0x8009310B</td>"
  t.strictSame(readPage(flat), { kind: 'failed', message: 'So &auml;hnlich ä; Fehler 0x8009310B', hresult: '0x8009310b' })
  t.strictSame(readPage('<html>Your Request Id is 12. Wait 10 days, until 10:30 on 2026-03-01.</html>'), {
    kind: 'other',
    numbers: [12, 10, 2026, 3, 1],
  })
})

t.test('templates: by the parts of their value, or by their text', async t => {
  const list =
    '<script>x.lbCertTemplateID.options</script><SELECT Name=a ID="lbCertTemplateID"><OPTION Selected VALUE="E;Web;1">Web Server<option value=User>User<option>Bare &amp; plain</SELECT><option>no'
  t.strictSame(readTemplates(list), [
    { names: ['E', 'Web', '1'], displayName: 'Web Server' },
    { names: ['User'], displayName: 'User' },
    { names: ['Bare & plain'], displayName: 'Bare & plain' },
  ])
  t.equal(readTemplates('<script>x.lbCertTemplateID</script>'), undefined, 'mentioned only')
  t.strictSame(readTemplates('<select id=lbCertTemplateID></select>'), [])
  t.equal(readRenewals('var nRenewals=12;'), 12)
  t.equal(readRenewals('nothing'), 0)
})

t.test('pages of the simulator are read as what they are, in every language', t => {
  const id = fc.integer({ min: 1, max: 999_999_999 })
  const language = fc.constantFrom(...LANGUAGE_NAMES)
  const word = fc.stringMatching(/^[\p{L} .,:<>&]{1,40}$/u).filter(text => text.trim() === text && !/ {2}/.test(text))
  fc.assert(
    fc.property(language, id, word, (language, requestId, caName) => {
      const context = { language, caName }
      const issued = readPage(issuedPage(context, requestId))
      const pending = [true, false].map(isNew => readPage(pendingPage(context, { id: requestId, isNew })))
      const denied = readPage(deniedPage(context, { id: requestId, message: caName }))
      const failed = readPage(errorPage(context, { disposition: 'denied', message: caName, result: 'keyLength' }))
      return (
        issued.kind === 'issued' &&
        issued.requestId === requestId &&
        pending.every(page => page.kind === 'other' && page.numbers[0] === requestId) &&
        denied.kind === 'denied' &&
        denied.requestId === requestId &&
        denied.message === caName &&
        failed.kind === 'failed' &&
        failed.disposition === 2 &&
        failed.message.startsWith(`${caName}; `) &&
        failed.hresult === '0x80094811'
      )
    }),
  )
  fc.assert(
    fc.property(language, fc.uniqueArray(word, { maxLength: 5 }), fc.nat(20), (language, names, renewals) => {
      const context = { language, caName: 'CA' }
      const offered = readTemplates(
        requestPage(
          context,
          names.map(name => ({ name: name.replaceAll(';', '') })),
        ),
      )
      return (
        offered !== undefined &&
        names.every((name, index) => offered[index]?.names.includes(name) && offered[index]?.displayName === name) &&
        readRenewals(caCertificatesPage(context, renewals)) === renewals
      )
    }),
  )
  t.end()
})

t.test('any text is read as something', t => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '<!--',
    '-->',
    '<script',
    '</script>',
    'id=locDenied',
    'id=locDispMsgLabel>',
    '\r\n\t\t',
    '"',
    '&#x',
    'ID 7',
    'certnew.cer?ReqID=',
    '<select id=lbCertTemplateID',
    '<option value="',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 40 }), pieces => {
      const html = pieces.join('')
      readTemplates(html)
      readRenewals(html)
      return ['issued', 'denied', 'failed', 'other'].includes(readPage(html).kind)
    }),
    { numRuns: 500 },
  )
  t.end()
})

t.test('a page of things that never end costs no more than one of another kind', async t => {
  const size = 262_144
  for (const piece of [
    '<',
    '<!--',
    '<script ',
    '<style',
    'id=locDenied ',
    ' id=locDispMsgLabel ',
    '<select ',
    '<select id=lbCertTemplateID ',
    '<option ',
    '&#',
    'ID ',
    'ID 1,',
    '"',
    'nRenewals ',
  ])
    for (const begin of ['', '<select id=lbCertTemplateID>', '<p id=locDenied>', '<p id=locDispMsgLabel>']) {
      const html = begin + piece.repeat(Math.floor(size / piece.length))
      readPage(html)
      readTemplates(html)
      readRenewals(html)
      visibleText(html)
    }
  t.pass('it came to an end')
})

t.test('the character set is that of the header, of the page, or UTF-8', async t => {
  const chinese = '证书申请'
  const gbk = Buffer.from('d6a4cae9c9eac7eb', 'hex')
  t.equal(pageText({ headers: { 'content-type': 'text/html; Charset=GB2312' }, body: gbk }), chinese)
  t.match(pageText({ headers: {}, body: Buffer.concat([Buffer.from('<meta charset="gbk">'), gbk]) }), chinese)
  t.equal(pageText({ headers: {}, body: Buffer.from(chinese) }), chinese)
  t.equal(pageText({ headers: { 'content-type': 'text/html; charset=klingon' }, body: Buffer.from(chinese) }), chinese)
  t.match(pageText({ headers: {}, body: Buffer.from([0xff, 0xfe, 0x41]) }), 'A', 'bytes that are no UTF-8')
})

t.test('scripts and comments are not what a reader sees', async t => {
  t.equal(
    visibleText('a<!-- b > c --><SCRIPT x>1 > 2</Script >d<style>e</style>\r\n\tf &lt;g&gt;&nbsp;&#104;&#x69;'),
    'a d f <g> hi',
  )
  t.equal(visibleText('a<script>never ends'), 'a')
  t.equal(visibleText('a<b'), 'a')
})
