/** The contract of a benchmark: what a module `bench/<name>.ts` exports as `bench`. */

/** Called once by `npm run bench`; nothing else runs in the process meanwhile. */
export interface Bench {
  /** The name of its file. */
  readonly name: string
  /** One line: what is measured, and in what units. */
  readonly what: string
  /** What the figures should be, for people. */
  readonly target?: string
  /**
   * Files that are not part of the repository, from its root. Where one is missing the bench is left out of a run of all
   * benches, with a line saying so, and fails when it was named.
   */
  readonly needs?: readonly string[]
  /** Rejects when it could not be measured; a peer that is not installed is no such reason. */
  run(options: BenchOptions): Promise<BenchResult>
}

export interface BenchOptions {
  /** About 3 seconds: to see that it works, not how fast. */
  readonly quick: boolean
  /** Tells people what is going on. */
  readonly log: (line: string) => void
}

/**
 * Figures with their unit last in their name (`callsPerSec`, `p99Us`). We and the peers run in turn, several times; figures
 * are medians, ratios are medians of paired ratios, and above 1 always means that we are better.
 */
export interface BenchResult {
  readonly metrics: { readonly [metric: string]: number | null }
  /** Figures by seed, size or mode, where one number would hide something. */
  readonly rows?: readonly { readonly [column: string]: number | string | null }[]
  /** Figures of which `rows` or `metrics` are the means, for results/<name>.json and `--json` alone: too many for people to read. */
  readonly bySeed?: readonly { readonly [column: string]: number | string | null }[]
  /** What a peer reached, under the names of our metrics, and its version; null when it is not installed. */
  readonly peers?: { readonly [peer: string]: PeerFigures | null }
  /** How to install the peers that are not there. */
  readonly peerInstalls?: { readonly [peer: string]: string }
  /** `<metric>Vs<Peer>`: our figure over the peer's (inverted for costs); null when the peer is not installed. */
  readonly ratios?: { readonly [ratio: string]: number | null }
  /** How often each was run. */
  readonly runs: number
}

export interface PeerFigures {
  readonly version: string
  readonly [metric: string]: number | string
}
