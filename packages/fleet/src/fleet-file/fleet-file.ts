import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { MadeKey } from '@capfkit/phone'
import { FleetError } from '../errors.ts'
import { BatchWriter, whenFree } from './batch-writer.ts'
import {
  type AuthorityRole,
  bytesOf,
  type CertifiedKey,
  type EncodedKey,
  type EncodedPhone,
  encodedPhone,
  type JournaledKey,
  type Kept,
  type KeptAuthority,
  type KeptPhone,
  type PhoneKeeping,
  pkcs8Of,
} from './kept.ts'
import { KeptKeys } from './kept-keys.ts'
import { KeyJournal, takeJournals } from './key-journal.ts'
import { openFleetDatabase, SQL } from './schema.ts'

/** The phones of a fleet with their MICs and LSCs and the keys of both, for the next run. Each process opens it for itself. */
export class FleetFile implements PhoneKeeping, AsyncDisposable {
  readonly #file: string
  readonly #database: DatabaseSync
  readonly #statements: { readonly [K in keyof typeof SQL]: StatementSync }
  readonly #keys: KeptKeys
  readonly #writer: BatchWriter<Kept>
  readonly #journal: KeyJournal | undefined
  /** Keys whose sessions have not ended yet: most sessions end before their keys would be written. */
  readonly #freshKeys = new Map<string, JournaledKey>()

  /**
   * @param init.process  which of the processes whose phones make keys, if it is one of those.
   * @param init.onFailure  told once when nothing more can be written; what is kept after that is lost.
   * @throws {FleetError} `FLEET_FILE`.
   */
  constructor(init: { file: string; process?: number; onFailure: (error: FleetError) => void }) {
    const { file, process, onFailure } = init
    this.#file = file
    this.#database = openFleetDatabase(file)
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, this.#database.prepare(sql)])
    this.#statements = Object.fromEntries(prepared) as { readonly [K in keyof typeof SQL]: StatementSync }
    this.#keys = new KeptKeys(file, this.#statements)
    this.#journal = process === undefined ? undefined : this.#attempt(() => new KeyJournal({ file, process }))
    const onTurn = () => this.#turn()
    this.#writer = new BatchWriter({ file, write: batch => this.#write(batch), onTurn, onFailure })
  }

  /** @throws {FleetError} `FLEET_FILE`. */
  get isEmpty(): boolean {
    return this.#attempt(() => this.#statements.some.get() === undefined)
  }

  /** What the file knows of this phone. @throws {FleetError} `FLEET_FILE`. */
  read(deviceName: string): KeptPhone | undefined {
    return this.#attempt(() => {
      const row = this.#statements.phone.get(deviceName)
      if (!row) return undefined
      const mic = this.#keys.credential(row.mic, row.mickey)
      const lsc = this.#keys.credential(row.lsc, row.lsckey)
      const pendingKey = this.#keys.pair(row.pendingkey)
      return {
        model: String(row.model),
        ...(mic ? { mic } : {}),
        ...(lsc ? { lsc } : {}),
        ...(pendingKey ? { pendingKey } : {}),
      }
    })
  }

  /** The same with its keys in full, for another machine. @throws {FleetError} `FLEET_FILE`. */
  encoded(deviceName: string): EncodedPhone | undefined {
    return this.#attempt(() => {
      const row = this.#statements.phone.get(deviceName)
      if (!row) return undefined
      const credential = (certificate: unknown, digest: unknown) => {
        const [certificateDer, key] = [bytesOf(certificate), this.#keys.encoded(digest)]
        return certificateDer && key && { certificateDer, key }
      }
      return encodedPhone(
        { deviceName, model: String(row.model) },
        {
          mic: credential(row.mic, row.mickey),
          lsc: credential(row.lsc, row.lsckey),
          pendingKey: this.#keys.encoded(row.pendingkey),
          // How its last session ended is of no use to another machine.
          ended: undefined,
        },
      )
    })
  }

  /** Costs next to nothing now; it is in the file a second later. */
  keep(kept: Kept): void {
    if (kept.kind === 'ended') this.#freshKeys.delete(kept.deviceName)
    this.#writer.add(kept)
  }

  /**
   * A phone has made a key, which must not be lost whatever happens from now on: a certificate may come for it.
   *
   * @returns the key as it is kept.
   */
  keepKey({ deviceName, model }: { deviceName: string; model: string }, key: MadeKey): EncodedKey {
    const made = { deviceName, model, publicKeyDer: key.publicKeyDer, privateKeyDer: pkcs8Of(key) }
    try {
      this.#journal?.add(made)
    } catch (cause) {
      this.#writer.fail(cause)
    }
    this.#freshKeys.set(deviceName, made)
    return made
  }

  #turn(): void {
    for (const made of this.#freshKeys.values()) this.keep({ kind: 'madeKey', ...made })
    this.#freshKeys.clear()
    this.#journal?.turn()
  }

  /** Take over the keys that processes which were killed had just made. @throws {FleetError} `FLEET_FILE`. */
  recoverKeys(): void {
    this.#attempt(() => {
      const keys: Kept[] = []
      takeJournals(this.#file, {
        take: key => keys.push({ kind: 'madeKey', ...key }),
        keep: () => this.#write(keys),
      })
    })
  }

  /** Everything up to now is in the file when it resolves, or `onFailure` was told. */
  flush(): Promise<void> {
    return this.#writer.flush()
  }

  /** @throws {FleetError} `FLEET_FILE`. */
  authority(role: AuthorityRole): KeptAuthority | undefined {
    return this.#attempt(() => {
      const row = this.#statements.authority.get(role)
      return row && { certificateDer: bytesOf(row.certificate)!, privateKey: this.#keys.parse(bytesOf(row.pkcs8)!) }
    })
  }

  /** @throws {FleetError} `FLEET_FILE`. */
  async keepAuthority(role: AuthorityRole, { certificateDer, privateKey }: KeptAuthority): Promise<void> {
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
    await whenFree(this.#file, () => this.#statements.keepAuthority.run(role, certificateDer, pkcs8))
  }

  /** Throw away the keys of certificates that no phone has any more. @throws {FleetError} `FLEET_FILE`. */
  async forgetKeys(): Promise<void> {
    await whenFree(this.#file, () => this.#statements.forgetKeys.run())
    this.#keys.forgetDigests()
  }

  #attempt<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw cause instanceof FleetError ? cause : new FleetError('FLEET_FILE', this.#file, { cause })
    }
  }

  #write(batch: readonly Kept[]): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      this.#putAll(batch)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#keys.forgetDigests()
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  /** Most phones are made and have their turn within one batch. */
  #putAll(batch: readonly Kept[]): void {
    const made = new Map<string, Kept & { kind: 'made' }>()
    for (const kept of batch) {
      if (kept.kind === 'made') made.set(kept.deviceName, kept)
      else if (kept.kind === 'madeKey') this.#statements.madeKey.run(kept.deviceName, kept.model, this.#keys.put(kept))
      else {
        this.#putEnded(kept, made.get(kept.deviceName))
        made.delete(kept.deviceName)
      }
    }
    for (const { deviceName, model, mic } of made.values()) this.#statements.made.run(deviceName, model, ...this.#credential(mic))
  }

  #putEnded(
    { deviceName, operation, atMs, lsc, pendingKey }: Kept & { kind: 'ended' },
    made: (Kept & { kind: 'made' }) | undefined,
  ) {
    const change = [
      operation,
      atMs,
      lsc ? 1 : 0,
      ...this.#credential(lsc?.now),
      pendingKey ? this.#keys.put(pendingKey) : null,
    ] as const
    if (made) this.#statements.madeAndEnded.run(deviceName, made.model, ...this.#credential(made.mic), ...change)
    else this.#statements.ended.run(deviceName, ...change)
  }

  #credential(credential: CertifiedKey | undefined): [Buffer, Buffer] | [null, null] {
    return credential ? [credential.certificateDer, this.#keys.put(credential.key)] : [null, null]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]()
    this.#journal?.[Symbol.dispose]()
    this.#database.close()
  }
}
