/** A node as the others know it, and which of two pieces of news about it holds. */

/**
 * `suspect` did not answer and may still object; `down` did not object in time; `left` said so itself. Only `down` and
 * `left` are taken for gone.
 */
export type MemberStatus = 'alive' | 'suspect' | 'down' | 'left'

/** What a node says about itself. */
export interface NodeAttributes {
  /**
   * Tells systems apart that have one name and, by mistake, one engine: a node that says another one than those that are there is
   * refused with `foundation/system-taken`. Not looked at where one of them says ''.
   */
  readonly systemId: string
  /** Of the program. */
  readonly version: string
  /** For placement: `{ zone: 'a' }`. */
  readonly labels: { readonly [label: string]: string }
  readonly cores: number
  readonly memoryBytes: number
  readonly gpus: number
  /** From 0, idle, to 1, full; above 1 when there is more to do than can be done. */
  readonly load: number
  /** Whether it gives away what it has and takes nothing more. Said by `node.drain()`. */
  readonly draining: boolean
}

export const nodeAttributesDefaults = {
  systemId: '',
  version: '0.0.0',
  labels: {},
  cores: 1,
  memoryBytes: 0,
  gpus: 0,
  load: 0,
  draining: false,
} as const satisfies NodeAttributes

/** News about a node, as it is sent. */
export interface MemberNews {
  readonly name: string
  /** The life of the node: a higher one replaces a lower one at once. */
  readonly epoch: number
  /** Raised by the node alone, whenever it objects to being suspected or changes its attributes. */
  readonly incarnation: number
  readonly status: MemberStatus
  readonly attributes: NodeAttributes
  /** How often the attributes were changed: tells new attributes from an objection. */
  readonly attributesRevision: number
  /** For how long the sender has suspected it; 0 unless it does. */
  readonly suspectedMs: number
}

/** A node as this one sees it. */
export interface Member extends NodeAttributes {
  readonly name: string
  readonly epoch: number
  readonly incarnation: number
  readonly status: MemberStatus
  /** When this node saw the status begin, on its monotonic clock. */
  readonly sinceMs: number
}

/**
 * Whether news replaces what is held about the same name: a higher epoch always; in one epoch `left` for good, then the
 * higher incarnation, then the worse status.
 *
 * Source: Das, Gupta & Motivala, SWIM, DSN 2002, section 4.2. Differs: `down` yields to a higher incarnation, so that who
 * was thought dead can come back.
 */
export function supersedes(news: Stamp, held: Stamp): boolean {
  if (news.epoch !== held.epoch) return news.epoch > held.epoch
  if (held.status === 'left' || news.status === 'left') return held.status !== 'left'
  if (news.incarnation !== held.incarnation) return news.incarnation > held.incarnation
  return ranks[news.status] > ranks[held.status]
}

/** What decides between two pieces of news. */
export type Stamp = Pick<MemberNews, 'epoch' | 'incarnation' | 'status'>

const ranks = { alive: 0, suspect: 1, down: 2, left: 3 } as const satisfies Record<MemberStatus, number>

/** Whether this life of a node is over as far as anybody can tell. */
export function isGone(status: MemberStatus): boolean {
  return status === 'down' || status === 'left'
}
