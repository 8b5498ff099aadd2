import { setFlagsFromString } from 'node:v8'
import { optionalText } from '@capfkit/codec/options'
import { diagnose, formatHtml, formatJson } from '@capfkit/diagnose'
import { type AnyCommand, command, JSON_OPTION } from '../command.ts'
import { openInputs } from '../diagnose/inputs.ts'
import { diagnosisLines } from '../diagnose/screen.ts'
import { EXIT } from '../exit-codes.ts'
import { note, print } from '../io.ts'
import { mustNotReplace, writeOutput } from '../output-file.ts'

const diagnoseCommand = command({
  name: 'diagnose',
  doc: 'Say from logs alone why phones have no certificate',
  details:
    'Reads CAPF traces, error.log and nginx*.txt of the registration authority, IIS logs, console logs and status messages of phones, the output of show itl and show ctl, rows of the device table (run sql, or CSV), certificates, and recorded runs; also packed with gzip, in UTF-16, and traces out of a scan. What a file is, is seen from what stands in it. Of a folder its files are read, not the folders in it. The likeliest finding comes first, each with the lines that show it, the cure, and what to collect next. Clocks are compared by events that several files see. Exit code 1 when there is a finding of severity error.',
  examples: [
    ['diagnose capf0001.txt error.log', 'A trace and the log of the registration authority'],
    ['diagnose evidence --html diagnosis.html', 'Everything in a folder, as a page'],
  ],
  words: { files: { doc: 'Files, folders, or - for stdin.', many: true } },
  options: {
    html: optionalText({ doc: 'File for the diagnosis as one page that needs no network; - is stdout.' }),
    ...JSON_OPTION,
  },
  async run({ options: { html, json }, words: { files }, io }) {
    // Lines of a gigabyte are garbage as soon as they are read: a heap that grows for them takes twice the memory, for no speed.
    setFlagsFromString('--semi-space-growth-factor=1')
    if (html !== undefined) mustNotReplace(files, html)
    const diagnosis = await diagnose(await openInputs(files, io), { now: io.now() })
    if (html !== undefined) {
      await writeOutput({ file: html, data: Buffer.from(formatHtml(diagnosis)), io })
      if (html !== '-') note(io, `wrote ${html}`)
    }
    if (json) print(io, JSON.stringify(formatJson(diagnosis)))
    else if (html !== '-') for (const line of diagnosisLines(diagnosis, io)) print(io, line)
    return diagnosis.findings.some(({ severity }) => severity === 'error') ? EXIT.failed : undefined
  },
})

export const commands: readonly [AnyCommand] = [diagnoseCommand]
