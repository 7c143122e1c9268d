/** Things in the order they came, each of which can leave from the middle: linked through themselves, so that nothing is searched. */

/** What stands in a line; the fields are owned by it. */
export interface InLine {
  earlier: InLine | undefined
  later: InLine | undefined
}

/** First in, first out. Who is in it is known by whoever put it there: in at most one line at a time. */
export class Line<T extends InLine> {
  size = 0
  #first: T | undefined
  #last: T | undefined

  get first(): T | undefined {
    return this.#first
  }

  append(one: T): void {
    one.earlier = this.#last
    one.later = undefined
    if (this.#last === undefined) this.#first = one
    else this.#last.later = one
    this.#last = one
    this.size++
  }

  /** Requires: it stands in this line. */
  remove(one: T): void {
    const earlier = one.earlier as T | undefined
    const later = one.later as T | undefined
    if (earlier === undefined) this.#first = later
    else earlier.later = later
    if (later === undefined) this.#last = earlier
    else later.earlier = earlier
    one.earlier = undefined
    one.later = undefined
    this.size--
  }

  shift(): T | undefined {
    const first = this.#first
    if (first !== undefined) this.remove(first)
    return first
  }

  /** Lets go of all at once. Requires: none of them comes to stand in a line again. */
  clear(): void {
    this.#first = undefined
    this.#last = undefined
    this.size = 0
  }

  /** In order. The one given may leave while it is looked at. */
  *[Symbol.iterator](): Generator<T> {
    for (let one = this.#first; one !== undefined; ) {
      const later = one.later as T | undefined
      yield one
      one = later
    }
  }
}
