import type { Credential } from '../device.ts'
import type { TrustListKind } from '../models.ts'

/** A server that a phone asks about certificates, as its configuration names it [BOOT-5.1]. */
export type TvsMember = { readonly priority: number; readonly host: string; readonly port: number }

/** One answer of a TVS that may still be used: the SHA-256 of the certificate in hex, its roles, and until when. */
export type CachedAnswer = { readonly sha256: string; readonly roles: readonly number[]; readonly expiresAt: number }

/** What is kept of TVS: whom to ask while there is no configuration yet, and what they said. */
export type TvsMemory = { readonly members: readonly TvsMember[]; readonly answers: readonly CachedAnswer[] }

/** What a phone knows when it is switched on. Of each list the present one, then the one from before. */
export type FlashContent = {
  readonly lists: Readonly<Record<TrustListKind, readonly Buffer[]>>
  readonly lsc: Credential | undefined
  readonly tvs: TvsMemory
}

/**
 * What outlives a boot [BOOT-2.5]. Each save is all or nothing.
 *
 * @throws {BootError} `BOOT_FLASH`
 */
export type Flash = {
  load(): Promise<FlashContent>
  /** The list of before becomes the backup. */
  saveList(kind: TrustListKind, bytes: Buffer): Promise<void>
  saveLsc(lsc: Credential | undefined): Promise<void>
  saveTvs(memory: TvsMemory): Promise<void>
  /** Forget lists and TVS, so that the next list is taken on faith. The LSC stays: CAPF deletes it. */
  erase(): Promise<void>
}

export const NO_TVS: TvsMemory = { members: [], answers: [] }

/** Flash that lives as long as the process. It keeps what it is given, no copies: phones of a fleet share their lists. */
export const memoryFlash = (lsc?: Credential): Flash => {
  let content: FlashContent = { lists: { CTL: [], ITL: [] }, lsc, tvs: NO_TVS }
  return {
    load: async () => content,
    saveList: async (kind, bytes) => {
      const [before] = content.lists[kind]
      content = { ...content, lists: { ...content.lists, [kind]: before ? [bytes, before] : [bytes] } }
    },
    saveLsc: async lsc => {
      content = { ...content, lsc }
    },
    saveTvs: async tvs => {
      content = { ...content, tvs }
    },
    erase: async () => {
      content = { ...content, lists: { CTL: [], ITL: [] }, tvs: NO_TVS }
    },
  }
}
