/** Things that fall due at times of their own: a binary heap, earliest first, then first added. */

interface Slot<T> {
  readonly dueMs: number
  readonly order: number
  readonly thing: T
}

export class DueHeap<T> {
  readonly #slots: Slot<T>[] = []
  #added = 0

  get size(): number {
    return this.#slots.length
  }

  get nextDueMs(): number | undefined {
    return this.#slots[0]?.dueMs
  }

  add(dueMs: number, thing: T): void {
    const slots = this.#slots
    const slot = { dueMs, order: this.#added++, thing }
    let at = slots.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(slot, slots[parent] as Slot<T>)) break
      slots[at] = slots[parent] as Slot<T>
      at = parent
    }
    slots[at] = slot
  }

  /** The earliest one that is due, which leaves. */
  takeDue(nowMs: number): T | undefined {
    const slots = this.#slots
    const first = slots[0]
    if (first === undefined || first.dueMs > nowMs) return undefined
    const last = slots.pop() as Slot<T>
    if (slots.length > 0) this.#sink(last)
    return first.thing
  }

  /** All, in the order in which they fall due. */
  *[Symbol.iterator](): Generator<readonly [number, T]> {
    const inOrder = [...this.#slots].sort((a, b) => (isBefore(a, b) ? -1 : 1))
    for (const { dueMs, thing } of inOrder) yield [dueMs, thing]
  }

  #sink(slot: Slot<T>): void {
    const slots = this.#slots
    let at = 0
    for (let child = 1; child < slots.length; child = 2 * at + 1) {
      const right = slots[child + 1]
      if (right !== undefined && isBefore(right, slots[child] as Slot<T>)) child++
      if (!isBefore(slots[child] as Slot<T>, slot)) break
      slots[at] = slots[child] as Slot<T>
      at = child
    }
    slots[at] = slot
  }
}

function isBefore<T>(a: Slot<T>, b: Slot<T>): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}
