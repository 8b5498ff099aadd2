import type { Diagnosis } from '../diagnose.ts'

/** A diagnosis as one versioned object. What is not known is `null`: the same keys are always there. */
export const formatJson = ({ sources, findings, timelines, leftOut }: Diagnosis) => ({
  version: 1,
  sources: sources.map(({ offsetMs, ...source }) => ({ ...source, offsetMs: offsetMs ?? null })),
  findings: findings.map(({ device, at, ...finding }) => ({ ...finding, device: device ?? null, at: at ?? null })),
  timelines,
  leftOut,
})
