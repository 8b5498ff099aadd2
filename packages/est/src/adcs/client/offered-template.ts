import { AdcsError } from '../errors.ts'
import { quoted } from './form.ts'
import { type OfferedTemplate, readTemplates } from './page-anchors.ts'

/** Of the parts of a template's value: a name, and not a flag or a number. */
const isWord = (part: string) => /\p{L}{2}/u.test(part)

const isCalled = (wanted: string) => (name: string) => name.toLowerCase() === wanted.toLowerCase()

const detailOf = (offered: readonly OfferedTemplate[], template: string): string => {
  const shown = offered.find(({ displayName }) => isCalled(template)(displayName))
  if (shown) return `this is the display name of ${shown.names.filter(isWord).join(' or ')}`
  return `offered: ${offered.map(({ displayName }) => displayName).join(', ') || 'none'}`
}

/**
 * Looks a template up in the request page: by name, in any case. A page without a list is that of a standalone CA, which has no
 * templates.
 *
 * @throws {AdcsError} `ADCS_TEMPLATE_UNKNOWN`, with those that are offered.
 */
export const mustBeOffered = (html: string, template: string): void => {
  const offered = readTemplates(html)
  if (!offered || offered.some(({ names }) => names.some(isCalled(template)))) return
  throw new AdcsError('ADCS_TEMPLATE_UNKNOWN', `template ${quoted(template)}`, { detail: detailOf(offered, template) })
}
