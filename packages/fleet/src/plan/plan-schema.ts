import { jsonSchemaOf } from '@capfkit/codec/options'
import { PLAN } from './plan-rows.ts'

/** The JSON Schema of plan files: `schemas/plan.schema.json`, made from the rows that read them. */
export const planSchema = (): Record<string, unknown> =>
  jsonSchemaOf(PLAN, { id: 'urn:capfkit:plan:1', title: 'Plan of a run of capf fleet run' })
