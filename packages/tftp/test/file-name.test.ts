import { join, normalize, sep } from 'node:path'
import { MAX_NAME_LENGTH, safeFileName } from '@capfkit/tftp'
import fc from 'fast-check'
import t from 'tap'

t.test('names that phones ask for', async t => {
  const names = [
    'CTLSEP00112233AABB.tlv',
    'SEP00112233AABB.cnf.xml.enc.sgn',
    'XMLDefault.cnf.xml',
    'English_United_States/be-sip.jar',
    'Desktops/320x196x4/List.xml',
    'sip88xx.14-1-1-0001-125.loads',
    'żółw (1).xml',
  ]
  for (const name of names) {
    t.equal(safeFileName(name), name)
    t.equal(safeFileName(`/${name}`), name, 'a slash in front is the root of the server')
  }
})

t.test('names that could mean something else', async t => {
  const names = [
    '',
    '/',
    '.',
    '..',
    '../x',
    'x/..',
    'x/../y',
    './x',
    '//x',
    'x//y',
    'x/',
    '...',
    '.git/config',
    'x/.ssh',
    'a\\b',
    '..\\x',
    'C:x',
    'C:/x',
    'x:stream',
    'a\0b',
    'a\nb',
    'a\u007fb',
    'a\u0085b',
    '\ud800',
  ]
  for (const name of names) t.equal(safeFileName(name), undefined, JSON.stringify(name))
  t.equal(safeFileName('x'.repeat(MAX_NAME_LENGTH))?.length, MAX_NAME_LENGTH)
  t.equal(safeFileName('x'.repeat(MAX_NAME_LENGTH + 1)), undefined)
})

t.test('no name that is safe leads out of a folder, whatever it is made of', async () => {
  const piece = fc.oneof(fc.constantFrom('..', '.', '/', '\\', '\0', 'a', '%2e', ':', ' ', '~', '-'), fc.string({ maxLength: 3 }))
  const property = fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
    const name = safeFileName(pieces.join(''))
    if (name === undefined) return
    const path = normalize(join(`${sep}srv`, ...name.split('/')))
    if (!path.startsWith(`${sep}srv${sep}`) || path.includes('\0')) throw new Error(path)
  })
  fc.assert(property, { numRuns: 5_000 })
})
