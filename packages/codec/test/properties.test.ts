import t from 'tap'
import { PROPERTIES, runProperty } from './properties.ts'

for (const property of PROPERTIES)
  t.test(property.claim, async t => {
    const { failed, report } = runProperty(property, { runs: 2000 })
    t.equal(failed, false, report)
  })
