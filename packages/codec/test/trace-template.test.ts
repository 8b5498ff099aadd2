import { matchTemplate, parseTemplate, parseTraceLine, TRACE_TEXTS, type TraceText, traceText } from '@capfkit/codec/trace'
import fc from 'fast-check'
import t from 'tap'

const NAMES = Object.keys(TRACE_TEXTS) as TraceText[]

t.test('what the table writes it reads again, in the middle of any line', t => {
  // A value that holds the words behind its place could not be told from them.
  const value = fc.stringMatching(/^[A-Za-z0-9_./:-]{1,24}$/).filter(text => !/[):']/.test(text))
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.array(value, { minLength: 4, maxLength: 4 }), (name, values) => {
      const { text } = TRACE_TEXTS[name]
      const { places } = parseTemplate(text)
      const given = Object.fromEntries(places.map((place, index) => [place, values[index]!]))
      t.strictSame(matchTemplate(parseTemplate(text), `debug 2:SEP001122334455:${traceText(name, given)}`), given)
    }),
    { numRuns: 200 },
  )
  t.end()
})

t.test('lines of a real trace are those of the table', t => {
  const line = '12:38:04.779 | debug 2:SEP001F6C81118B:Enrollment rv = 35 (EST_ERR_SSL_READ) with pkcs7 length = 0'
  const { text } = parseTraceLine(line)!
  t.strictSame(matchTemplate(parseTemplate(TRACE_TEXTS.enrolled.text), text), {
    number: '35',
    name: 'EST_ERR_SSL_READ',
    bytes: '0',
  })
  t.equal(matchTemplate(parseTemplate(TRACE_TEXTS.event.text), text), undefined)
  t.end()
})

t.test('no line, however long, is read more than once', t => {
  const { text } = TRACE_TEXTS.sqlStatus
  const hostile = "tkcertificatestatus='".repeat(200_000)
  t.equal(matchTemplate(parseTemplate(text), hostile), undefined)
  t.end()
})
