/**
 * What the hub writes down: each change of a store, as the call on its table with the time of it. The tables decide by their arguments
 * alone, so the same calls make the same tables again, expiries, attempts and revisions included.
 */

/** The first number of a record. Part of the format: none is used for anything else, ever. */
export const record = {
  /** kind of file, version, identity of what is kept */
  header: 0,
  /** how far the clock of the hub that begins is ahead of the system's; its time */
  begin: 1,
  /** store, kind, name, options, revision to begin after */
  open: 2,
  /** store */
  remove: 3,
  /** store, time, key, value */
  put: 4,
  /** store, time, key */
  delete: 5,
  /** store, time */
  expire: 6,
  /** store, time, id or null, body */
  push: 7,
  /** store, time, how many */
  take: 8,
  /** store, time */
  due: 9,
  /** store, time, delivery */
  ack: 10,
  /** store, time, delivery */
  extend: 11,
  /** store, time, delivery, due, reason */
  retry: 12,
  /** store, time, delivery, reason */
  reject: 13,
  /** store, time, id */
  redrive: 14,
  /** store, time, id */
  forget: 15,
  /** store, time, key, file, bytes */
  blob: 16,
  /** store, time, key */
  blobDelete: 17,
  /** of a snapshot: store, 0, key, value, revision, due */
  entry: 18,
  /** of a snapshot: store, 0, part of a ledger */
  part: 19,
} as const

export const logKind = 'mabeam-hub-log'
export const logVersion = 1

/** As it is packed. */
export type HubRecord = readonly [type: number, ...rest: unknown[]]

/** What writes records. */
export interface RecordSink {
  append(one: HubRecord): void
}
