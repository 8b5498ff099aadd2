import type { KeyObject } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { PkiError } from './errors.ts'
import { decodeHeader, decodeRecord, HEADER_BYTES, type PoolHeader } from './key-pool-format.ts'
import type { KeySpec } from './key-spec.ts'
import { decodePrivateKey, type EncodedKeyPair, type KeyPair } from './keys.ts'

/** A key pair out of a pool. A phone that only enrols never signs, so the private key is parsed when it is first asked for. */
export class PooledKeyPair implements KeyPair, EncodedKeyPair {
  readonly spec: KeySpec
  readonly privateKeyDer: Buffer
  readonly publicKeyDer: Buffer
  #privateKey: KeyObject | undefined

  constructor(options: EncodedKeyPair & { spec: KeySpec }) {
    this.spec = options.spec
    this.privateKeyDer = options.privateKeyDer
    this.publicKeyDer = options.publicKeyDer
  }

  /** @throws {PkiError} `PKI_BAD_PRIVATE_KEY` when the pool was damaged. */
  get privateKey(): KeyObject {
    this.#privateKey ??= decodePrivateKey(this.privateKeyDer)
    return this.#privateKey
  }
}

/** An open key pool. Keys are read one at a time, in any order, also at once. */
export class KeyPool implements AsyncDisposable {
  readonly file: string
  readonly spec: KeySpec
  readonly count: number
  readonly #handle: FileHandle
  readonly #recordBytes: number

  /** @internal {@link openKeyPool} makes these. */
  constructor(options: { file: string; handle: FileHandle; header: PoolHeader }) {
    this.file = options.file
    this.spec = options.header.spec
    this.count = options.header.count
    this.#handle = options.handle
    this.#recordBytes = options.header.recordBytes
  }

  /**
   * Key pair `index`, from 0.
   *
   * @throws {PkiError} `PKI_POOL_INDEX`; `PKI_POOL_TRUNCATED` or `PKI_POOL_FORMAT` when the file has changed; `PKI_POOL_READ`.
   */
  async read(index: number): Promise<PooledKeyPair> {
    const where = `${this.file}: key ${index} of ${this.count}`
    if (!Number.isInteger(index) || index < 0 || index >= this.count) throw new PkiError('PKI_POOL_INDEX', { where })
    const record = await readAt({
      handle: this.#handle,
      where,
      length: this.#recordBytes,
      position: HEADER_BYTES + index * this.#recordBytes,
    })
    if (record.length < this.#recordBytes) throw new PkiError('PKI_POOL_TRUNCATED', { where })
    return new PooledKeyPair({ spec: this.spec, ...decodeRecord(record, where) })
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const readAt = async (place: { handle: FileHandle; where: string; position: number; length: number }): Promise<Buffer> => {
  const { handle, where, position, length } = place
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position)
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    throw new PkiError('PKI_POOL_READ', { where, cause })
  }
}

/**
 * Opens a key pool and reads its header.
 *
 * @throws {PkiError} `PKI_POOL_READ` (also when there is no such file), `PKI_POOL_PERMISSIONS` when group or others may read or
 *   write it, `PKI_POOL_FORMAT`, `PKI_POOL_VERSION`, `PKI_POOL_TRUNCATED`.
 */
export const openKeyPool = async (file: string): Promise<KeyPool> => {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new PkiError('PKI_POOL_READ', { where: file, cause })
  })
  try {
    const { mode, size } = await handle.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw new PkiError('PKI_POOL_PERMISSIONS', { where: file })
    const header = decodeHeader(await readAt({ handle, where: file, position: 0, length: HEADER_BYTES }), file)
    if (size !== HEADER_BYTES + header.count * header.recordBytes) throw new PkiError('PKI_POOL_TRUNCATED', { where: file })
    return new KeyPool({ file, handle, header })
  } catch (error) {
    await handle.close()
    throw error
  }
}
