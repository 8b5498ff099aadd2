import fc from 'fast-check'
import t from 'tap'
import { bar } from '../src/chart/index.ts'
import { escaped } from '../src/markup/index.ts'

t.test('whatever stands in a text, it is no markup in a page and does not turn its direction', async t => {
  t.equal(escaped('<b a="1">Tom & \'Jerry\'</b>'), '&lt;b a=&quot;1&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/b&gt;')
  t.equal(escaped('a\u202eb\u0007c\nd\u2066'), 'a b c\nd ')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => !/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)|\u202e/.test(escaped(text))))
})

t.test('a bar is as long as its share, never longer than the chart, and seen where there is something', async t => {
  const length = (value: number) => bar({ value, most: 200, columns: 50 }).length
  t.strictSame([0, 1, 100, 199, 200, 1000, -5].map(length), [0, 1, 25, 50, 50, 50, 0])
})
