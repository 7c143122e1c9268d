/** Cuts what a process writes into lines. */

/** Characters of the longest line; a longer one is cut into several. */
export const lineLengthMax = 16_384

/** Takes pieces of text as they come and hands on whole lines, without their ends. */
export class LineSplitter {
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#tell(line.replace(/\r$/, ''))
    while (this.#rest.length > lineLengthMax) {
      this.#onLine(this.#rest.slice(0, lineLengthMax))
      this.#rest = this.#rest.slice(lineLengthMax)
    }
  }

  /** What is left without an end is a line too. */
  end(): void {
    if (this.#rest !== '') this.#tell(this.#rest)
    this.#rest = ''
  }

  #tell(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += lineLengthMax) this.#onLine(line.slice(at, at + lineLengthMax))
  }
}
