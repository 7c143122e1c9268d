/** The part of an engine that keeps values too large for a message: snapshots, artefacts, backups. */

/** Called by hand-over and backup; concurrently. A value is whole or not there, never half. Keys are those of keyed state. */
export interface BlobStore {
  readonly name: string
  /** Replaces what was there. Rejects with `foundation/payload-too-large` above the limit of the engine. */
  put(key: string, body: Uint8Array): Promise<void>
  get(key: string): Promise<Uint8Array | undefined>
  /** No value is no error. */
  delete(key: string): Promise<void>
}
