/** What the engine `local` is opened with. */

import { checkOptions, rule } from '../../../options.ts'

/** Limits of an engine and, in the process that hosts it, of the hub. */
export interface LocalLimits {
  /** The longest body of a message, value of a key and body in a queue. @default 1_048_576 */
  readonly bytesMax: number
  /** What this process may have sent and the hub not taken, while it is away too; one more publish is refused. @default 67_108_864 */
  readonly outboxBytesMax: number
  /** What may wait at the hub for one connection; messages beyond are dropped and counted, a watch is lost. @default 67_108_864 */
  readonly connectionBytesMax: number
  /** Connections of a hub; each engine has three. @default 1_024 */
  readonly connectionsMax: number
  /** Subscriptions of one connection. @default 100_000 */
  readonly subscriptionsMax: number
  /** Requests of one connection that wait for an answer. @default 65_536 */
  readonly requestsMax: number
  /** The log of the hub, when a snapshot does not make it shorter; then nothing more is taken in. @default 1_073_741_824 */
  readonly logBytesMax: number
}

export interface LocalOptions extends Partial<LocalLimits> {
  /**
   * A folder of the project: processes of one project meet. The nearest package.json with a name, upwards from there, says which
   * project it is; without any it is that of the nearest package.json, or the folder. @default the working directory
   */
  readonly project?: string
  /**
   * Where socket, token, log and blobs are: a folder of this user alone, made where there is none. Processes that give the same one meet,
   * whatever their project. @default one for the project in XDG_RUNTIME_DIR, else in the folder for temporary files
   */
  readonly directory?: string
  /**
   * Whether what is kept outlives the hub, and all processes. The hub's process decides for all. Off, it begins with nothing each time
   * another process takes over. @default true
   */
  readonly durable?: boolean
  /** Silence of the hub after which the engine is disconnected. @default 2_000 */
  readonly unresponsiveMs?: number
  /** How long an operation waits for a hub that is away before it is refused. @default 5_000 */
  readonly awayMs?: number
}

export const localDefaults = {
  durable: true,
  unresponsiveMs: 2_000,
  awayMs: 5_000,
  bytesMax: 1_048_576,
  outboxBytesMax: 67_108_864,
  connectionBytesMax: 67_108_864,
  connectionsMax: 1_024,
  subscriptionsMax: 100_000,
  requestsMax: 65_536,
  logBytesMax: 1_073_741_824,
} as const satisfies Omit<Required<LocalOptions>, 'project' | 'directory'>

export type LocalSettings = Omit<Required<LocalOptions>, 'project' | 'directory'> &
  Pick<LocalOptions, 'project' | 'directory'>

/** A record of the log has room for it. */
const bytesMaxMost = 67_108_864

/** Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function checkedLocal(options: LocalOptions): LocalSettings {
  checkOptions('local', options, {
    project: rule.optional(rule.string()),
    directory: rule.optional(rule.string()),
    durable: rule.optional(rule.boolean()),
    unresponsiveMs: rule.optional(rule.number(100)),
    awayMs: rule.optional(rule.number(0)),
    bytesMax: rule.optional(rule.int(1, bytesMaxMost)),
    outboxBytesMax: rule.optional(rule.int(1)),
    connectionBytesMax: rule.optional(rule.int(1)),
    connectionsMax: rule.optional(rule.int(1)),
    subscriptionsMax: rule.optional(rule.int(1)),
    requestsMax: rule.optional(rule.int(1)),
    logBytesMax: rule.optional(rule.int(1)),
  })
  return { ...localDefaults, ...options }
}
