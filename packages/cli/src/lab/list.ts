import { FINDINGS } from '@capfkit/diagnose'
import { SCENARIOS } from '@capfkit/lab'
import { command, JSON_OPTION } from '../command.ts'
import { print } from '../io.ts'
import { screenTable } from '../screen-table.ts'

export const list = command({
  name: 'list',
  doc: 'List the failures that the laboratory can cause',
  details: 'Names are those of the findings of a diagnosis, which say what a failure means and how an operator cures it.',
  examples: [['lab list', 'All of them, and what is broken']],
  options: JSON_OPTION,
  async run({ options: { json }, io }) {
    const scenarios = Object.values(SCENARIOS)
    if (!json) {
      const rows = scenarios.map(({ name, broken }) => [name, broken])
      print(io, screenTable(io, { head: ['name', 'what is broken'], rows, flexible: 1 }))
      return undefined
    }
    for (const { name, broken, shows, cured } of scenarios) {
      const { explanation, cure } = FINDINGS[name]
      print(io, JSON.stringify({ version: 1, name, broken, shows, cured, explanation, cure }))
    }
    return undefined
  },
})
