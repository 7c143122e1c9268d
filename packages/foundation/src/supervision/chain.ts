/** A set whose members hold it together: one that is large costs two fields a member, in place of a table. */

/** A member; both fields are owned by the chain it is in. */
export interface Link<T> {
  previous: T | undefined
  next: T | undefined
}

/** In the order of adding. */
export class Chain<T extends Link<T>> implements Iterable<T> {
  #first: T | undefined
  #last: T | undefined

  /** Requires: it is in no chain. */
  add(one: T): void {
    one.previous = this.#last
    if (this.#last === undefined) this.#first = one
    else this.#last.next = one
    this.#last = one
  }

  /** Requires: it is in this chain. */
  delete(one: T): void {
    if (one.previous === undefined) this.#first = one.next
    else one.previous.next = one.next
    if (one.next === undefined) this.#last = one.previous
    else one.next.previous = one.previous
    one.previous = undefined
    one.next = undefined
  }

  /** The one just given may be deleted meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (let one = this.#first; one !== undefined; ) {
      const { next } = one
      yield one
      one = next
    }
  }
}
