import type { Machine } from '../src/index.ts'

/** A machine in good health with a clock of its own; what a test says is different. */
export const pretendedMachine = (different: Partial<Machine> = {}): Machine => {
  let nowMs = 0
  const take = (ms: number) => {
    nowMs += ms
  }
  return {
    versions: { node: '24.0.0', openssl: '3.5.0', sqlite: '3.50.0' },
    cores: 4,
    temporaryFolder: '/tmp',
    load: () => 0.1,
    openFiles: () => ({ soft: 65_536, hard: 65_536 }),
    availableMemoryBytes: () => 16e9,
    wallMs: () => Date.UTC(2026, 5, 1) + nowMs,
    monotonicMs: () => nowMs,
    wait: async ms => take(ms),
    drawRandom: () => take(1),
    handshake: async () => take(1),
    disk: async folder => ({ folder, freeBytes: 1e12, isWritable: true }),
    whyNotFrom: async () => undefined,
    resolve: async host => host,
    connect: async () => 0.4,
    keyPool: async () => ({ kind: 'rsa:2048', count: 100_000 }),
    sourcePorts: async () => ({ first: 32_768, last: 60_999, reserved: 0 }),
    timeWait: async () => 0,
    acceptQueue: async () => 4096,
    trackedConnections: async () => ({ now: 0, most: 262_144 }),
    entropyBits: async () => 256,
    ...different,
  }
}
