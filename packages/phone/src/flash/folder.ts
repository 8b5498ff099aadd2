import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PHONE_LIMIT_BYTES } from '@capfkit/codec/tlv'
import { derToPem, makeFolder, pemToDer, privateKeyPem, readPrivateKey, writePrivateFile } from '@capfkit/pki'
import { BootError } from '../boot/errors.ts'
import type { Credential } from '../device.ts'
import type { TrustListKind } from '../models.ts'
import type { Flash } from './flash.ts'
import { formatTvsMemory, MAX_TVS_BYTES, parseTvsMemory } from './tvs-memory.ts'

const FILES = { CTL: 'CTLFile.tlv', ITL: 'ITLFile.tlv', lsc: 'LSC.pem', tvs: 'tvs.json' } as const
const backupOf = (file: string) => `${file}.bak`
const LISTS: readonly TrustListKind[] = ['CTL', 'ITL']
const MAX_LSC_BYTES = 65_536

/** A whole file, bounded; nothing when it is not there. @throws {BootError} `BOOT_FLASH` */
const read = async (file: string, maxBytes: number): Promise<Buffer | undefined> => {
  try {
    await using handle = await open(file, 'r')
    const { size } = await handle.stat()
    if (size > maxBytes) throw new Error(`${size} bytes, more than the ${maxBytes} of such a file`)
    return await handle.readFile()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw flashError(file, cause)
  }
}

const flashError = (where: string, cause: unknown) =>
  new BootError('BOOT_FLASH', { where, detail: cause instanceof Error ? cause.message : String(cause), cause })

const readLsc = async (file: string): Promise<Credential | undefined> => {
  const bytes = await read(file, MAX_LSC_BYTES)
  if (!bytes) return undefined
  try {
    const [certificateDer] = pemToDer(bytes)
    if (!certificateDer) throw new Error('there is no certificate in it')
    return { certificateDer, privateKey: readPrivateKey(bytes).privateKey }
  } catch (cause) {
    throw flashError(file, cause)
  }
}

/**
 * The flash of one phone as a folder: `CTLFile.tlv`, `ITLFile.tlv`, each with `.bak`, `LSC.pem` and `tvs.json`, all of them of
 * mode 0600 and replaced in one piece. The folder is made when missing.
 *
 * @throws {BootError} `BOOT_FLASH`
 */
export const openFolderFlash = async (folder: string): Promise<Flash> => {
  const at = (file: string) => join(folder, file)
  const guarded = async (file: string, act: () => Promise<unknown>): Promise<void> => {
    try {
      await act()
    } catch (cause) {
      throw cause instanceof BootError ? cause : flashError(file, cause)
    }
  }
  await guarded(folder, () => makeFolder(folder, 0o700))
  const readLists = async (kind: TrustListKind): Promise<Buffer[]> => {
    const names = [FILES[kind], backupOf(FILES[kind])]
    const found = await Promise.all(names.map(name => read(at(name), PHONE_LIMIT_BYTES)))
    return found.filter(bytes => bytes !== undefined)
  }
  return {
    async load() {
      const [CTL, ITL, lsc, tvs] = await Promise.all([
        readLists('CTL'),
        readLists('ITL'),
        readLsc(at(FILES.lsc)),
        read(at(FILES.tvs), MAX_TVS_BYTES),
      ])
      return { lists: { CTL, ITL }, lsc, tvs: parseTvsMemory(tvs) }
    },
    saveList: (kind, bytes) =>
      guarded(at(FILES[kind]), async () => {
        const [before] = await readLists(kind)
        if (before) await writePrivateFile({ file: at(backupOf(FILES[kind])), data: before })
        await writePrivateFile({ file: at(FILES[kind]), data: bytes })
      }),
    saveLsc: lsc =>
      guarded(at(FILES.lsc), async () => {
        if (!lsc) return rm(at(FILES.lsc), { force: true })
        return writePrivateFile({ file: at(FILES.lsc), data: derToPem(lsc.certificateDer) + privateKeyPem(lsc.privateKey) })
      }),
    saveTvs: memory => guarded(at(FILES.tvs), () => writePrivateFile({ file: at(FILES.tvs), data: formatTvsMemory(memory) })),
    erase: () =>
      guarded(folder, async () => {
        const names = [...LISTS.flatMap(kind => [FILES[kind], backupOf(FILES[kind])]), FILES.tvs]
        await Promise.all(names.map(name => rm(at(name), { force: true })))
      }),
  }
}
