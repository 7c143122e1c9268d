/** What code in a sandbox may use: each limit with its default, and one past it is an end of a known reason. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'

/** Limits of one sandbox. */
export interface SandboxLimits {
  /** The time code may compute in one run; while it waits for host functions no time is counted. @default 5_000 */
  readonly timeoutMs?: number
  /** The time its thread may take to start. @default 60_000 */
  readonly startTimeoutMs?: number
  /** The time one call of a host function may take. @default 60_000 */
  readonly hostTimeoutMs?: number
  /** The memory of WebAssembly: some 16 MiB for QuickJS itself, the rest for values. @default 64 MiB */
  readonly memoryBytes?: number
  /** The stack; deeper recursion throws inside. @default 256 KiB */
  readonly stackBytes?: number
  /** The characters of JSON of a value that leaves the sandbox, by result or by argument. @default 1_000_000 */
  readonly valueCharsMax?: number
  /** The characters that are kept of what is printed in one run; how many more there were is counted. @default 20_000 */
  readonly printedCharsMax?: number
  /** Calls of host functions in one run; one more throws inside. @default 1_000 */
  readonly hostCallsMax?: number
  /** Host functions at work at once; one more waits for its turn. @default 8 */
  readonly hostCallsAtOnce?: number
}

export const sandboxDefaults = {
  timeoutMs: 5_000,
  startTimeoutMs: 60_000,
  hostTimeoutMs: 60_000,
  memoryBytes: 64 * 1024 * 1024,
  stackBytes: 256 * 1024,
  valueCharsMax: 1_000_000,
  printedCharsMax: 20_000,
  hostCallsMax: 1_000,
  hostCallsAtOnce: 8,
} as const satisfies Required<SandboxLimits>

/** The most characters of code that is run. */
export const codeCharsMax = 1_000_000

/** How deep data that crosses the border of a sandbox may be nested. */
export const valueDepthMax = 100

/** Throws `foundation/invalid-option`, `foundation/unknown-name`. */
export function checkedLimits(owner: string, limits: SandboxLimits): Required<SandboxLimits> {
  checkOptions(owner, limits, {
    timeoutMs: rule.optional(rule.int(1)),
    startTimeoutMs: rule.optional(rule.int(1)),
    hostTimeoutMs: rule.optional(rule.int(1)),
    memoryBytes: rule.optional(rule.int(20 * 1024 * 1024, 1024 * 1024 * 1024)),
    stackBytes: rule.optional(rule.int(32 * 1024, 512 * 1024)),
    valueCharsMax: rule.optional(rule.int(1, 100_000_000)),
    printedCharsMax: rule.optional(rule.int(0, 100_000_000)),
    hostCallsMax: rule.optional(rule.int(0)),
    hostCallsAtOnce: rule.optional(rule.int(1, 1_000)),
  })
  return { ...sandboxDefaults, ...definedOptions(limits) }
}
