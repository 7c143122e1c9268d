/** What nodes tell each other of eventual cells. Version 1; a message of another version is refused, not guessed at. */

export type CellMessage =
  /** I am here and hold these cells. */
  | { readonly type: 'hello'; readonly cells: readonly string[]; readonly answer: boolean }
  /** I am going. */
  | { readonly type: 'bye' }
  /** Small or whole states, to be merged. */
  | { readonly type: 'states'; readonly states: readonly CellState[] }
  /** What I hold: tell me where you differ. */
  | { readonly type: 'digests'; readonly digests: readonly CellDigest[] }
  /** Send me what you hold of these cells. */
  | { readonly type: 'want'; readonly cells: readonly string[] }

export type CellState = readonly [cell: string, kind: string, state: unknown]
export type CellDigest = readonly [cell: string, kind: string, digest: string]

export interface CellEnvelope {
  readonly version: 1
  /** The replica that sends, which is also where to answer. */
  readonly from: string
  readonly message: CellMessage
}

const types = ['hello', 'bye', 'states', 'digests', 'want']

/** Undefined for what is no message of this version. */
export function cellEnvelope(decoded: unknown): CellEnvelope | undefined {
  const { version, from, message } = (decoded ?? {}) as Partial<CellEnvelope>
  const isKnown = version === 1 && typeof from === 'string' && types.includes(message?.type ?? '')
  return isKnown ? (decoded as CellEnvelope) : undefined
}
