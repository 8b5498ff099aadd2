import { type Certificate, commonName, type KeyUsage, PROFILES, parseCertificate, pemToDer, publicKeySpec } from '@capfkit/pki'
import type { LineReader, SourceKind, Witness } from './source-kind.ts'

const BEGIN = /^-----BEGIN (?:TRUSTED )?CERTIFICATE-----/
const END = /^-----END (?:TRUSTED )?CERTIFICATE-----/
/** More than any certificate of a phone system has. */
const MAX_PEM_LINES = 1_024

/** `show cert own CAPF`, and the page with the details of a certificate. */
const SHOWN = {
  serial: /^\s*Serial Number:\s*([0-9A-Fa-f:]{8,})\s*$/,
  from: /^\s*(?:Validity )?From:\s*(.+?)\s*$/,
  to: /^\s*To:\s*(.+?)\s*$/,
  subject: /^\s*Subject Name:\s*(.+?)\s*$/,
} as const

const CAPF_NAME = /^CAPF-[0-9a-f]{8}$/i

/** The common name of an LSC is that of its phone; a MIC has the model in front. */
const DEVICE_NAME = /^SEP[0-9A-F]{12}$/i

/** What a phone needs for secure registration and its LSC is not for. */
const missingUsages = ({ publicKeyDer, extensions: { keyUsage } }: Certificate): readonly KeyUsage[] => {
  const needed: readonly KeyUsage[] = PROFILES.lsc.keyUsage[publicKeySpec(publicKeyDer).type]
  return keyUsage ? needed.filter(usage => !keyUsage.includes(usage)) : []
}

export const hexOf = (serial: string): string =>
  serial
    .replace(/[^0-9A-Fa-f]/g, '')
    .replace(/^(?:00)+/, '')
    .toUpperCase()

type Shown = { name: string; serial: string; endsAt: number | undefined; isSelfSigned: boolean; isCa: boolean }

const shownOf = (certificate: Certificate): Shown => {
  const { subject, subjectDer, issuerDer, serialNumber, notAfter, extensions } = certificate
  return {
    name: commonName(subject) ?? '',
    serial: hexOf(serialNumber.toString('hex')),
    endsAt: notAfter.getTime(),
    isSelfSigned: subjectDer.equals(issuerDer),
    isCa: extensions.basicConstraints?.ca === true,
  }
}

/** `Sat Nov 20 15:49:42 EST 2021` */
const dateOf = (text: string): number | undefined => {
  const at = Date.parse(text.replace(/^[A-Z][a-z]{2} /, ''))
  return Number.isNaN(at) ? undefined : at
}

const open = (witness: Witness): LineReader => {
  let pem: { line: number; lines: string[] } | undefined
  const told: Partial<Record<keyof typeof SHOWN, string>> = {}
  const tell = ({ name, serial, endsAt, isSelfSigned, isCa }: Shown, place: { line: number; text: string }) => {
    const values = { name, serial, ...(endsAt === undefined ? {} : { endsAt: String(endsAt) }) }
    // A certificate of CAPF has that name; without one its file may say what it is for.
    if (CAPF_NAME.test(name)) witness.sight({ clue: 'certificate.capf', ...place, values })
    else if (isSelfSigned && !isCa) witness.sight({ clue: 'certificate.selfSigned', ...place, values })
    if (name.includes('CAPF-') && !CAPF_NAME.test(name)) witness.sight({ clue: 'certificate.reservedName', ...place, values })
  }
  const tellUnfit = (certificate: Certificate, place: { line: number; text: string }) => {
    const device = commonName(certificate.subject) ?? ''
    if (!DEVICE_NAME.test(device)) return
    const missing = missingUsages(certificate)
    const { line, text } = place
    if (missing.length > 0)
      witness.sight({ clue: 'certificate.unfitLsc', device, line, text: `${text} lacks ${missing.join(' and ')}` })
  }
  const read = ({ line, lines }: { line: number; lines: readonly string[] }) => {
    try {
      for (const der of pemToDer(lines.join('\n'))) {
        const certificate = parseCertificate(der)
        const shown = shownOf(certificate)
        const place = { line, text: `certificate ${shown.name} ${shown.serial}` }
        tell(shown, place)
        tellUnfit(certificate, place)
      }
    } catch {
      witness.leftOuts.note('certificates that cannot be read', line)
    }
  }
  return {
    line(text, line) {
      if (BEGIN.test(text)) pem = { line, lines: [] }
      if (pem && pem.lines.length < MAX_PEM_LINES) pem.lines.push(text.trim())
      if (pem && END.test(text)) {
        read(pem)
        pem = undefined
      }
      for (const [field, pattern] of Object.entries(SHOWN)) {
        const value = pattern.exec(text)?.[1]
        if (value !== undefined) told[field as keyof typeof SHOWN] = value
      }
      const { serial, to, subject } = told
      if (subject === undefined || serial === undefined || to === undefined) return
      const name = /CN=([^,;/]+)/.exec(subject)?.[1]?.trim() ?? ''
      tell({ name, serial: hexOf(serial), endsAt: dateOf(to), isSelfSigned: false, isCa: false }, { line, text })
      for (const field of Object.keys(SHOWN) as (keyof typeof SHOWN)[]) delete told[field]
    },
  }
}

export const certificates: SourceKind = {
  kind: 'certificate',
  doc: 'certificates: PEM, or output of show cert own',
  dating: 'full',
  recognises: line => BEGIN.test(line) || SHOWN.serial.test(line) || SHOWN.subject.test(line),
  open,
}
