/** The options of a node's cells: one object, checked once. */

import { checkOptions, rule } from '../options.ts'

export interface CellsOptions {
  /** Changes of eventual cells are gathered this long, then sent to all in one message. @default 10 */
  readonly gossipMs?: number
  /** Every so often what is held is compared with one other node, so that what was lost heals. @default 1_000 */
  readonly syncMs?: number
  /** Every so often a node says that it is there, and what it holds; not heard of for four times as long it is forgotten. @default 5_000 */
  readonly helloMs?: number
  /** How far the clock of another node may be ahead; what it wrote later is not merged before then. @default 60_000 */
  readonly driftMaxMs?: number
  /** Cells open on this node, strong and eventual. @default 1_000 */
  readonly cellsMax?: number
  /**
   * Elements of a set, keys of a map: one more is refused with `foundation/cell-full`. Nodes that add without hearing of
   * each other may pass it together, since merging is never refused. @default 10_000
   */
  readonly entriesMax?: number
  /** Writers of an eventual cell that are remembered, each start of a node being another one. @default 4_096 */
  readonly replicasMax?: number
  /** Bytes of one value, element or key with its value, as sent. @default 65_536 */
  readonly valueBytesMax?: number
  /** Watches open on one cell. @default 1_000 */
  readonly watchersMax?: number
  /** Other nodes that are kept in mind. @default 1_000 */
  readonly peersMax?: number
  /** Tries of one read or write of a strong cell. @default 16 */
  readonly attemptsMax?: number
  /** Delay before the second try, which grows by two up to `retryMaxMs`, less a random part. @default 5 */
  readonly retryMinMs?: number
  /** @default 1_000 */
  readonly retryMaxMs?: number
}

export type CellsSettings = Required<CellsOptions>

const cellsDefaults = {
  gossipMs: 10,
  syncMs: 1_000,
  helloMs: 5_000,
  driftMaxMs: 60_000,
  cellsMax: 1_000,
  entriesMax: 10_000,
  replicasMax: 4_096,
  valueBytesMax: 65_536,
  watchersMax: 1_000,
  peersMax: 1_000,
  attemptsMax: 16,
  retryMinMs: 5,
  retryMaxMs: 1_000,
} as const satisfies CellsSettings

/** Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function cellsSettings(options: CellsOptions): CellsSettings {
  const { driftMaxMs, retryMinMs, retryMaxMs, ...least } = Object.fromEntries(
    Object.keys(cellsDefaults).map((key) => [key, rule.optional(rule.int(1))]),
  )
  const ms = rule.optional(rule.number(0))
  checkOptions('openCells', options, { ...least, driftMaxMs: ms, retryMinMs: ms, retryMaxMs: ms })
  return { ...cellsDefaults, ...options }
}
