import type { Finding, Rule } from './tree.ts'

/** Words that belong to somebody's machine, network or desk and not into the project. */
const FOREIGN: readonly { readonly pattern: RegExp; readonly sentence: string }[] = [
  { pattern: /(?<![\w.])\/(?:work|home|Users|root)\/[\w.]/, sentence: 'a path of one machine' },
  { pattern: /registry\.(?:npmjs|yarnpkg|npmmirror)\b|\b(?:artifactory|verdaccio|jfrog)\b/i, sentence: 'a registry host' },
  { pattern: /^\s*(?:@[\w-]+:)?registry\s*=|^\s*resolution:.*\btarball:\s*https?:/, sentence: 'a registry host' },
  { pattern: /\b(?:claude|anthropic|openai|chatgpt|copilot|llm|subagent)s?\b/i, sentence: 'a word about who wrote it' },
  { pattern: /\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))(?!\|)/, sentence: 'a plan without an issue: write TODO(#7), or do it' },
]

/** The patterns themselves, and their test. */
const EXEMPT = new Set(['scripts/layers/words.ts', 'scripts/test/layers.test.ts'])

export const keepForeignWordsOut: Rule = files =>
  files
    .filter(({ path }) => !EXEMPT.has(path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index): Finding[] => {
        const foreign = FOREIGN.filter(({ pattern }) => pattern.test(line))
        return foreign.map(({ sentence }) => ({ path, line: index + 1, sentence: `${sentence}: ${line.trim().slice(0, 100)}` }))
      }),
    )
