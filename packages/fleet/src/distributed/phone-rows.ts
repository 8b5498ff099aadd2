import type { MadeKey } from '@capfkit/phone'
import type { Connections, Query, Row, SqlValue } from '@capfkit/server'
import {
  bytesOf,
  type CertifiedKey,
  digestOf,
  type EncodedCredential,
  type EncodedKey,
  type EncodedPhone,
  encodedPhone,
  type Kept,
  pkcs8Of,
} from '../fleet-file/kept.ts'

const SQL = {
  keys: `INSERT INTO capf_fleet.key (run, digest, spki, pkcs8)
         SELECT $1, * FROM unnest($2::bytea[], $3::bytea[], $4::bytea[]) ON CONFLICT DO NOTHING`,
  models: 'INSERT INTO capf_fleet.phone (run, name, model) SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING',
  mics: `UPDATE capf_fleet.phone p SET mic = v.mic, mickey = v.key
         FROM unnest($2::text[], $3::bytea[], $4::bytea[]) v (name, mic, key) WHERE p.run = $1 AND p.name = v.name`,
  lscs: `UPDATE capf_fleet.phone p SET lsc = v.lsc, lsckey = v.key
         FROM unnest($2::text[], $3::bytea[], $4::bytea[]) v (name, lsc, key) WHERE p.run = $1 AND p.name = v.name`,
  pendingKeys: `UPDATE capf_fleet.phone p SET pendingkey = v.key
                FROM unnest($2::text[], $3::bytea[]) v (name, key) WHERE p.run = $1 AND p.name = v.name`,
  ends: `UPDATE capf_fleet.phone p SET operation = v.operation, atms = v.atms
         FROM unnest($2::text[], $3::text[], $4::float8[]) v (name, operation, atms) WHERE p.run = $1 AND p.name = v.name`,
} as const

const ALL = `SELECT p.name, p.model, p.operation, p.atms, p.mic, m.spki AS micspki, m.pkcs8 AS micpkcs8,
               p.lsc, l.spki AS lscspki, l.pkcs8 AS lscpkcs8, k.spki AS keyspki, k.pkcs8 AS keypkcs8
             FROM capf_fleet.phone p
             LEFT JOIN capf_fleet.key m ON m.run = p.run AND m.digest = p.mickey
             LEFT JOIN capf_fleet.key l ON l.run = p.run AND l.digest = p.lsckey
             LEFT JOIN capf_fleet.key k ON k.run = p.run AND k.digest = p.pendingkey
             WHERE p.run = $1`
const PAGE = 1_000

/** What became of one phone, where it is something new. */
type Change = {
  model?: string
  mic?: CertifiedKey
  lsc?: { now: CertifiedKey | undefined }
  pendingKey?: { now: MadeKey | EncodedKey | undefined }
  ended?: { operation: string; atMs: number }
}

/** The last of each kind counts. */
const changesOf = (kept: readonly Kept[]): ReadonlyMap<string, Change> => {
  const changes = new Map<string, Change>()
  for (const one of kept) {
    const change = changes.get(one.deviceName) ?? {}
    changes.set(one.deviceName, change)
    if (one.kind === 'made') Object.assign(change, { model: one.model, ...(one.mic ? { mic: one.mic } : {}) })
    else if (one.kind === 'madeKey') Object.assign(change, { model: one.model, pendingKey: { now: one } })
    else {
      const { operation, atMs, lsc, pendingKey } = one
      Object.assign(change, { ended: { operation, atMs }, pendingKey: { now: pendingKey }, ...(lsc ? { lsc } : {}) })
    }
  }
  return changes
}

/** The rows of one statement: a list for each column. */
const columns = (width: number, rows: readonly SqlValue[][]): SqlValue[][] =>
  Array.from({ length: width }, (_, column) => rows.map(row => row[column] ?? null))

/**
 * What writes into the store of a run what became of its phones.
 *
 * @param kept  in the order in which it happened.
 */
export const keepingQueries = (run: string, kept: readonly Kept[]): Query[] => {
  const keys = new Map<string, SqlValue[]>()
  const named = (key: MadeKey | EncodedKey | undefined): Buffer | null => {
    if (!key) return null
    const digest = digestOf(key)
    keys.set(digest.toString('latin1'), [digest, key.publicKeyDer, pkcs8Of(key)])
    return digest
  }
  const rows: Record<Exclude<keyof typeof SQL, 'keys'>, SqlValue[][]> = {
    models: [],
    mics: [],
    lscs: [],
    pendingKeys: [],
    ends: [],
  }
  for (const [name, { model, mic, lsc, pendingKey, ended }] of changesOf(kept)) {
    if (model !== undefined) rows.models.push([name, model])
    if (mic) rows.mics.push([name, mic.certificateDer, named(mic.key)])
    if (lsc) rows.lscs.push([name, lsc.now?.certificateDer ?? null, named(lsc.now?.key)])
    if (pendingKey) rows.pendingKeys.push([name, named(pendingKey.now)])
    if (ended) rows.ends.push([name, ended.operation, ended.atMs])
  }
  // In one order, so that two who write the same keys do not wait for each other.
  const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  return Object.entries({ keys: sorted, ...rows }).flatMap(([name, list]) =>
    list.length === 0
      ? []
      : [{ name: `fleet.${name}`, text: SQL[name as keyof typeof SQL], values: [run, ...columns(list[0]!.length, list)] }],
  )
}

const keyFrom = (row: Row, name: 'mic' | 'lsc' | 'key'): EncodedKey | undefined => {
  const [publicKeyDer, privateKeyDer] = [bytesOf(row[`${name}spki`]), bytesOf(row[`${name}pkcs8`])]
  return publicKeyDer && privateKeyDer && { publicKeyDer, privateKeyDer }
}

const credentialFrom = (row: Row, name: 'mic' | 'lsc'): EncodedCredential | undefined => {
  const [certificateDer, key] = [bytesOf(row[name]), keyFrom(row, name)]
  return certificateDer && key && { certificateDer, key }
}

const phoneFrom = (row: Row): EncodedPhone =>
  encodedPhone(
    { deviceName: String(row.name), model: String(row.model) },
    {
      mic: credentialFrom(row, 'mic'),
      lsc: credentialFrom(row, 'lsc'),
      pendingKey: keyFrom(row, 'key'),
      ended: row.operation === null ? undefined : { operation: String(row.operation), atMs: Number(row.atms) },
    },
  )

/** What these phones have. Those that are not known yet are left out. @throws ServerError a `STORE_*` code. */
export const phonesNamed = async (connections: Connections, run: string, names: readonly string[]): Promise<EncodedPhone[]> => {
  const phones: EncodedPhone[] = []
  for (let at = 0; at < names.length; at += PAGE) {
    const values = [run, names.slice(at, at + PAGE)]
    const { rows } = await connections.run({ name: 'fleet.phonesNamed', text: `${ALL} AND p.name = ANY ($2::text[])`, values })
    phones.push(...rows.map(phoneFrom))
  }
  return phones
}

/** All phones of a run, page by page. @throws ServerError a `STORE_*` code. */
export async function* phonesOf(connections: Connections, run: string): AsyncIterable<EncodedPhone[]> {
  for (let after = ''; ; ) {
    const { rows } = await connections.run({ text: `${ALL} AND p.name > $2 ORDER BY p.name LIMIT ${PAGE}`, values: [run, after] })
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(phoneFrom)
    after = String(last.name)
  }
}
