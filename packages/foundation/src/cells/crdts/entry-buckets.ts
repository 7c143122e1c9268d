/**
 * A map that shares what did not change with the one it was made of: keys are spread over buckets, and only those that are
 * written to are copied. So one more entry of ten thousand costs a hundredth of copying them all. Plain data, as it is sent.
 */

/** By number of the bucket; none is empty. */
export type EntryBuckets<Entry> = ReadonlyMap<number, ReadonlyMap<string, readonly Entry[]>>

const bucketCount = 128

/** What is kept under a key; nothing for one that is not there. */
export function entriesAt<Entry>(buckets: EntryBuckets<Entry>, key: string): readonly Entry[] {
  return buckets.get(bucketOf(key))?.get(key) ?? []
}

export function* allEntries<Entry>(buckets: EntryBuckets<Entry>): Iterable<readonly [string, readonly Entry[]]> {
  for (const bucket of buckets.values()) yield* bucket
}

export function countKeys(buckets: EntryBuckets<unknown>): number {
  let count = 0
  for (const bucket of buckets.values()) count += bucket.size
  return count
}

/** With other entries under some keys; a key without any is gone. */
export function withEntries<Entry>(
  buckets: EntryBuckets<Entry>,
  changes: Iterable<readonly [string, readonly Entry[]]>,
): EntryBuckets<Entry> {
  const changed = new Map<number, Map<string, readonly Entry[]>>()
  for (const [key, entries] of changes) {
    const at = bucketOf(key)
    const bucket = changed.get(at) ?? new Map(buckets.get(at))
    changed.set(at, bucket)
    if (entries.length === 0) bucket.delete(key)
    else bucket.set(key, entries)
  }
  if (changed.size === 0) return buckets
  const next = new Map(buckets)
  for (const [at, bucket] of changed) {
    if (bucket.size === 0) next.delete(at)
    else next.set(at, bucket)
  }
  return next
}

/** FNV-1a, folded. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return ((hash >>> 16) ^ hash) & (bucketCount - 1)
}
