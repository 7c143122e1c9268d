/** How many agreements may be under way, by who began them: nobody who begins many leaves no room for what this node begins, nor for others. */

export class AgreementRoom {
  readonly #self: string
  readonly #max: number
  readonly #counts = new Map<string, number>()
  #others = 0

  /** `max` that began here; as many again of all others together, and of one of them half as many. */
  constructor(self: string, max: number) {
    this.#self = self
    this.#max = max
  }

  hasFor(initiator: string): boolean {
    const count = this.#counts.get(initiator) ?? 0
    if (initiator === this.#self) return count < this.#max
    return this.#others < this.#max && count < Math.ceil(this.#max / 2)
  }

  begun(initiator: string): void {
    this.#add(initiator, 1)
  }

  ended(initiator: string): void {
    this.#add(initiator, -1)
  }

  #add(initiator: string, more: 1 | -1): void {
    if (initiator !== this.#self) this.#others += more
    const count = (this.#counts.get(initiator) ?? 0) + more
    if (count === 0) this.#counts.delete(initiator)
    else this.#counts.set(initiator, count)
  }
}
