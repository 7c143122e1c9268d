/** Memory that is really used, in a process that was run with --expose-gc. */

export async function usedBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('expected node to be run with --expose-gc')
  // What was weakly held goes with a turn of the event loop between two collections.
  for (let i = 0; i < 3; i++) {
    globalThis.gc()
    await new Promise(setImmediate)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
