/** Archives that hold several files, or are packed in another way than gzip: who has one is told to unpack it. */
const ARCHIVES = [
  { name: 'zip', at: 0, mark: 'PK\x03\x04' },
  { name: 'tar', at: 257, mark: 'ustar' },
  { name: '7z', at: 0, mark: '7z\xbc\xaf\x27\x1c' },
  { name: 'xz', at: 0, mark: '\xfd7zXZ\0' },
  { name: 'bzip2', at: 0, mark: 'BZh' },
  { name: 'zstd', at: 0, mark: '\x28\xb5\x2f\xfd' },
] as const

/** Which kind of archive these are the first bytes of. */
export const archiveName = (head: Buffer): string | undefined =>
  ARCHIVES.find(({ at, mark }) => head.toString('latin1', at, at + mark.length) === mark)?.name
