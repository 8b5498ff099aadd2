import { optionalText } from '@capfkit/codec/options'
import { htmlReport, junitXml, operationsCsv, type RunReport, reportRun, resumptionWords } from '@capfkit/fleet'
import { command, JSON_OPTION } from '../command.ts'
import { note, print } from '../io.ts'
import { writeOutput } from '../output-file.ts'
import { plain } from '../screen-table.ts'
import { summaryLines } from './summary-screen.ts'

/** What a report can be written as, by the option that names the file. */
const FILES: Readonly<Record<'html' | 'junit' | 'csv', (report: RunReport, folder: string) => string | Promise<Buffer>>> = {
  html: htmlReport,
  junit: junitXml,
  csv: (_, folder) => operationsCsv(folder),
}

export const report = command({
  name: 'report',
  doc: 'Say what came of a recorded run',
  details:
    'Reads the folder that capf fleet run --out has written, also after a crash and while the run goes on. The HTML report is one file that needs no network; the CSV has a line for each operation.',
  examples: [
    ['fleet report results --html results.html', 'Figures on the screen, charts in a browser'],
    ['fleet report results --junit results.xml', 'For a build server'],
  ],
  words: { folder: { doc: 'The folder of the run.' } },
  options: {
    html: optionalText({ doc: 'File for the report with charts; - is stdout.' }),
    junit: optionalText({
      doc: 'File for JUnit XML: a case for each round, and for what makes a run worth anything; - is stdout.',
    }),
    csv: optionalText({ doc: 'File for a line an operation; - is stdout.' }),
    ...JSON_OPTION,
  },
  async run({ options, words: { folder }, io }) {
    const found = await reportRun(folder)
    const written = Object.entries(FILES).flatMap(([name, make]) => {
      const file = options[name as keyof typeof FILES]
      return file === undefined ? [] : [{ file, make }]
    })
    for (const { file, make } of written) {
      const data = await make(found, folder)
      await writeOutput({ file, data: Buffer.isBuffer(data) ? data : Buffer.from(data), io })
      if (file !== '-') note(io, `wrote ${file}`)
    }
    if (options.json) print(io, JSON.stringify(found))
    else if (!written.some(({ file }) => file === '-')) {
      print(io, plain(`run of ${found.startedAt} against ${found.target}, seed ${found.summary.seed}`))
      for (const resumption of found.resumptions) print(io, plain(resumptionWords(resumption)))
      for (const line of summaryLines(io, found.summary)) print(io, line)
    }
    return undefined
  },
})
