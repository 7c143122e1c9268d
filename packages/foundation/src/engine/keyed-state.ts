/**
 * The part of an engine that keeps values by key, with a revision for each write: what registries, leases and strong cells
 * stand on. Keys are words joined by dots, of letters, digits, `-`, `_`, `=` and `/`, up to 512 characters. A key or pattern that is
 * none rejects with `foundation/invalid-key`, a value above the limit of the engine with `foundation/payload-too-large`. Bytes are
 * copied in and out.
 *
 * *Delivery*: a write that resolved is kept; one that rejected with `foundation/engine-unavailable` may or may not have
 * happened, so who needs to know reads again. Writes of all keys of one state are in one order, which is that of their revisions.
 */

export interface StateOptions {
  /**
   * An entry that is not written again within this time, at least 1,000, is gone, and watchers are told; never earlier, and up
   * to half a second later. @default entries stay
   */
  readonly expiryMs?: number
}

/** A value with the revision of the write that made it. Revisions grow over all keys of a state and are never used twice. */
export interface StateEntry {
  readonly key: string
  readonly value: Uint8Array
  readonly revision: number
}

/** What a watcher is told. `revision` is that of the change itself. A key may be told gone that was so before. */
export type StateChange =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly revision: number }
  | { readonly type: 'delete'; readonly key: string; readonly revision: number; readonly expired: boolean }

/** Disposing it ends the news, those on their way included. Idempotent. */
export interface StateWatch extends AsyncDisposable {
  /**
   * Resolves with the reason when the watch can't go on: news may be missing, open another one. Never rejects, and never
   * resolves once the watch is disposed.
   */
  readonly lost: Promise<Error>
}

/** Called by directories, leases, cells and caches; concurrently. */
export interface KeyedState {
  readonly name: string
  /** May be older than the newest write while the engine is partitioned; a write by revision never is. */
  get(key: string): Promise<StateEntry | undefined>
  /** The revision written. Rejects with `foundation/revision-conflict` when the key has a value. */
  create(key: string, value: Uint8Array): Promise<number>
  /** The revision written. Rejects with `foundation/revision-conflict` unless the value still has `revision`. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>
  /** Writes whatever was there; the revision written. */
  put(key: string, value: Uint8Array): Promise<number>
  /**
   * With a revision it rejects with `foundation/revision-conflict` unless there is a value that still has it. Without one, no
   * value is no error.
   */
  delete(key: string, revision?: number): Promise<void>
  /**
   * Tells of the values there are, in the order of their revisions, then resolves, then tells of each change in order.
   * A key may be skipped to its newest change, never told of an older one after. `onChange` is called outside the writer's
   * turn, one change after the other; what it throws is reported and ends nothing.
   */
  watch(pattern: string, onChange: (change: StateChange) => void): Promise<StateWatch>
}
