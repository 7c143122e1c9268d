/** Runs of samplers on problems, asked for by lines of JSON on standard input: see `bench/harness/judged-work.ts`. */

import { createInterface } from 'node:readline'
import { type OptunaPeer, optunaPeer } from '../harness/optuna-peer.ts'
import type { RunAsked } from '../harness/run-plan.ts'
import { ownProblem } from '../problems/judged-problem.ts'
import { judgedRun } from '../problems/judged-run.ts'
import { ownFamilies } from '../problems/own-families.ts'
import { type SharedProblems, sharedProblems } from '../problems/shared-problems.ts'

let optuna: OptunaPeer | undefined
let shared: SharedProblems | undefined

async function problemOf({ set, problem, seed }: RunAsked) {
  if (set === 'shared') {
    shared ??= await sharedProblems()
    return shared.problem(problem)
  }
  const family = ownFamilies.find(({ name }) => name === problem)
  if (family) return ownProblem(family, seed)
  throw new Error(`${problem}: expected one of ${ownFamilies.map(({ name }) => name).join(', ')}`)
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as RunAsked
  if (asked.by.startsWith('optuna-')) optuna ??= await optunaPeer()
  const problem = await problemOf(asked)
  const result = await judgedRun({ ...asked, problem, name: asked.problem, optuna })
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
await optuna?.[Symbol.asyncDispose]()
