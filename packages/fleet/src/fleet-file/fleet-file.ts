import { createHash, type KeyObject } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Credential, MadeKey } from '@capfkit/phone'
import { readPrivateKey } from '@capfkit/pki'
import { FleetError } from '../errors.ts'
import { BatchWriter, whenFree } from './batch-writer.ts'
import { type JournaledKey, KeyJournal, takeJournals } from './key-journal.ts'
import { openFleetDatabase, SQL } from './schema.ts'

/** What a phone has of earlier runs. Private keys are read and parsed when they are asked for. */
export type KeptPhone = {
  readonly model: string
  readonly mic?: Credential
  readonly lsc?: Credential
  readonly pendingKey?: MadeKey
}

/** A certificate with the key pair that it is for. */
export type CertifiedKey = { readonly certificateDer: Buffer; readonly key: MadeKey }

/** What becomes of a phone. */
export type Kept =
  | ({ kind: 'madeKey' } & JournaledKey)
  | { kind: 'made'; deviceName: string; model: string; mic: CertifiedKey | undefined }
  | {
      kind: 'ended'
      deviceName: string
      operation: string
      /** Since 1970. */
      atMs: number
      /** `undefined` when the session left it as it was. */
      lsc: { readonly now: CertifiedKey | undefined } | undefined
      /** A key whose certificate is still to come. */
      pendingKey: MadeKey | undefined
    }

/** Who signs for a fleet: `manufacturing` its MICs, `capf` its LSCs, where the server is an embedded one. */
export type AuthorityRole = 'manufacturing' | 'capf'

/** So many keys are known to be in the file already. */
const MOST_DIGESTS = 20_000

type Row = Readonly<Record<string, unknown>>

const bytes = (value: unknown): Buffer | undefined =>
  value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined

/** Keys of a pool have it ready. */
const pkcs8Of = (key: MadeKey & { readonly privateKeyDer?: Buffer }): Buffer =>
  key.privateKeyDer ?? key.privateKey.export({ format: 'der', type: 'pkcs8' })

/** The phones of a fleet with their MICs and LSCs and the keys of both, for the next run. Each process opens it for itself. */
export class FleetFile implements AsyncDisposable {
  readonly #file: string
  readonly #database: DatabaseSync
  readonly #statements: { readonly [K in keyof typeof SQL]: StatementSync }
  readonly #writer: BatchWriter<Kept>
  readonly #digests = new Set<string>()
  readonly #journal: KeyJournal | undefined

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
    this.#journal = process === undefined ? undefined : this.#openJournal(process)
    const onTurn = () => this.#journal?.turn()
    this.#writer = new BatchWriter({ file, write: batch => this.#write(batch), onTurn, onFailure })
  }

  #openJournal(process: number): KeyJournal {
    try {
      return new KeyJournal({ file: this.#file, process })
    } catch (cause) {
      throw new FleetError('FLEET_FILE', this.#file, { cause })
    }
  }

  /** What the file knows of this phone. @throws {FleetError} `FLEET_FILE`. */
  read(deviceName: string): KeptPhone | undefined {
    const row = this.#get('phone', deviceName)
    if (!row) return undefined
    const [mic, lsc] = [this.#credential(row.mic, row.mickey), this.#credential(row.lsc, row.lsckey)]
    const pending = bytes(row.pendingkey)
    return {
      model: String(row.model),
      ...(mic ? { mic } : {}),
      ...(lsc ? { lsc } : {}),
      ...(pending ? { pendingKey: this.#pair(pending) } : {}),
    }
  }

  /** Costs next to nothing now; it is in the file a second later. */
  keep(kept: Kept): void {
    this.#writer.add(kept)
  }

  /**
   * A phone has made a key, which must not be lost whatever happens from now on: a certificate may come for it.
   *
   * @throws what the file system throws.
   */
  keepKey({ deviceName, model }: { deviceName: string; model: string }, key: MadeKey): void {
    const made = { deviceName, model, publicKeyDer: key.publicKeyDer, privateKeyDer: pkcs8Of(key) }
    this.#journal?.add(made)
    this.keep({ kind: 'madeKey', ...made })
  }

  /** Take over the keys that processes which were killed had just made. @throws {FleetError} `FLEET_FILE`. */
  recoverKeys(): void {
    try {
      const keys: Kept[] = []
      takeJournals(this.#file, key => keys.push({ kind: 'madeKey', ...key }))
      this.#write(keys)
    } catch (cause) {
      throw new FleetError('FLEET_FILE', this.#file, { cause })
    }
  }

  /** Everything up to now is in the file when it resolves, or `onFailure` was told. */
  flush(): Promise<void> {
    return this.#writer.flush()
  }

  /** @throws {FleetError} `FLEET_FILE`. */
  authority(role: AuthorityRole): { certificateDer: Buffer; privateKey: KeyObject } | undefined {
    const row = this.#get('authority', role)
    return row && { certificateDer: bytes(row.certificate)!, privateKey: this.#parse(bytes(row.pkcs8)!) }
  }

  /** @throws {FleetError} `FLEET_FILE`. */
  async keepAuthority(role: AuthorityRole, who: { certificateDer: Buffer; privateKey: KeyObject }): Promise<void> {
    const { certificateDer, privateKey } = who
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
    await whenFree(this.#file, () => this.#statements.keepAuthority.run(role, certificateDer, pkcs8))
  }

  /** Throw away the keys of certificates that no phone has any more. @throws {FleetError} `FLEET_FILE`. */
  async forgetKeys(): Promise<void> {
    await whenFree(this.#file, () => this.#statements.forgetKeys.run())
  }

  #get(statement: 'phone' | 'key' | 'authority', key: string | Buffer): Row | undefined {
    try {
      return this.#statements[statement].get(key) as Row | undefined
    } catch (cause) {
      throw new FleetError('FLEET_FILE', this.#file, { cause })
    }
  }

  #credential(certificate: unknown, digest: unknown): Credential | undefined {
    const [certificateDer, ofKey] = [bytes(certificate), bytes(digest)]
    if (!certificateDer || !ofKey) return undefined
    const privateKeyOf = () => this.#privateKey(ofKey)
    return {
      certificateDer,
      get privateKey() {
        return privateKeyOf()
      },
    }
  }

  #pair(digest: Buffer): MadeKey {
    const privateKeyOf = () => this.#privateKey(digest)
    return {
      publicKeyDer: bytes(this.#key(digest).spki)!,
      get privateKey() {
        return privateKeyOf()
      },
    }
  }

  #key(digest: Buffer): Row {
    const row = this.#get('key', digest)
    if (row) return row
    throw new FleetError('FLEET_FILE', this.#file, { cause: new Error('the key of a certificate is missing in it') })
  }

  #privateKey(digest: Buffer): KeyObject {
    return this.#parse(bytes(this.#key(digest).pkcs8)!)
  }

  #parse(pkcs8: Buffer): KeyObject {
    try {
      return readPrivateKey(pkcs8).privateKey
    } catch (cause) {
      throw new FleetError('FLEET_FILE', this.#file, { cause })
    }
  }

  #write(batch: readonly Kept[]): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const kept of batch) this.#put(kept)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#digests.clear()
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #put(kept: Kept): void {
    const { deviceName } = kept
    if (kept.kind === 'madeKey') {
      this.#statements.madeKey.run(deviceName, kept.model, this.#putKey(kept))
      return
    }
    if (kept.kind === 'made') {
      const { model, mic } = kept
      this.#statements.made.run(deviceName, model, mic?.certificateDer ?? null, this.#putKey(mic?.key))
      return
    }
    const { operation, atMs, lsc, pendingKey } = kept
    const now = lsc?.now
    const certificate = [lsc ? 1 : 0, now?.certificateDer ?? null, this.#putKey(now?.key)] as const
    this.#statements.ended.run(deviceName, operation, atMs, ...certificate, this.#putKey(pendingKey))
  }

  /** @returns what the key is known by. */
  #putKey(key: MadeKey | JournaledKey | undefined): Buffer | null {
    if (!key) return null
    const digest = createHash('sha256').update(key.publicKeyDer).digest()
    const name = digest.toString('latin1')
    if (this.#digests.has(name)) return digest
    if (this.#digests.size >= MOST_DIGESTS) this.#digests.clear()
    this.#statements.keepKey.run(digest, key.publicKeyDer, 'privateKeyDer' in key ? key.privateKeyDer : pkcs8Of(key))
    this.#digests.add(name)
    return digest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]()
    this.#journal?.[Symbol.dispose]()
    this.#database.close()
  }
}
