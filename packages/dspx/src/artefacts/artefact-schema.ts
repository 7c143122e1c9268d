/** What an artefact of the present version must look like. */

import { z } from 'zod'

const values = z.record(z.string(), z.json())
const field = z.object({
  name: z.string(),
  description: z.string(),
  kind: z.string(),
  values: z.array(z.string()).optional(),
  optional: z.boolean().optional(),
  list: z.boolean().optional(),
  type: z.string().optional(),
})
const signature = z.object({
  name: z.string(),
  instructions: z.string(),
  inputs: z.array(field),
  outputs: z.array(field),
})
const demo = z.object({ inputs: values, outputs: values })
/** Strict: a misspelt `nearest` would show the whole pool. */
const predictor = z.strictObject({
  instructions: z.string(),
  demos: z.array(demo),
  nearest: z.number().int().min(1).optional(),
})
const step = z.object({ candidate: z.number(), how: z.string(), mean: z.number(), rows: z.number() })

/** The schema of a version. */
export const artefactSchema = (version: number) =>
  z.object({
    format: z.literal('mabeam-program'),
    version: z.literal(version),
    program: z.object({
      name: z.string(),
      module: z.string().min(1).optional(),
      predictors: z.record(z.string(), signature),
    }),
    state: z.object({
      settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      predictors: z.record(z.string(), predictor),
    }),
    lineage: z.object({
      parent: z.string().optional(),
      teleprompter: z.string().optional(),
      steps: z.array(step),
    }),
    study: z.object({ id: z.string(), seed: z.number() }).optional(),
    measured: z.json().optional(),
    createdAt: z.iso.datetime(),
    digest: z.string(),
    signature: z.object({ algorithm: z.literal('ed25519'), key: z.string(), value: z.string() }).optional(),
  })
