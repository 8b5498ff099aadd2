import { optionalText } from '@capfkit/codec/options'
import { Months, monthLines, monthsCsv } from '@capfkit/monitor'
import { command, JSON_OPTION } from '../command.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { note, print } from '../io.ts'
import { writeOutput } from '../output-file.ts'

export const report = command({
  name: 'report',
  doc: 'Show in which months LSCs end',
  details: 'A month with most of its ends on one day is a wave: renew those LSCs in groups before it. Days are UTC.',
  examples: [
    ['monitor report --store sqlite:capf.db', 'A bar a month'],
    ['monitor report --store sqlite:capf.db --csv expiry.csv', 'For a spreadsheet'],
  ],
  options: { ...STORE_OPTIONS, csv: optionalText({ doc: 'File for the months as CSV; - is stdout.' }), ...JSON_OPTION },
  async run({ options: { csv, json, ...options }, io }) {
    await using store = openStore(options, { mustExist: true })
    const months = new Months()
    const counts = { devices: 0, lscs: 0, ended: 0 }
    const now = io.now()
    for await (const { certificate } of store.list()) {
      counts.devices++
      if (!certificate) continue
      counts.lscs++
      if (certificate.validUntil <= now) counts.ended++
      months.add(certificate.validUntil)
    }
    const { rows } = months
    if (csv !== undefined) {
      await writeOutput({ file: csv, data: Buffer.from(monthsCsv(rows)), io })
      if (csv !== '-') note(io, `wrote ${csv}`)
    }
    if (json) print(io, JSON.stringify({ version: 1, ...counts, months: rows }))
    else if (csv !== '-') for (const line of monthLines(rows, { now })) print(io, line)
    note(io, `${counts.devices} devices, ${counts.lscs} LSCs, ${counts.ended} of them ended`)
    return undefined
  },
})
