/** Milliseconds of the clock that histories are stamped with. */
export function historyMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
