/** How values cross between a node and its threads: references stay references, on either side of their own kind. */

import type { ActorAddress } from '../actors/actor-address.ts'
import { type Codec, createCodec } from '../codec/codec.ts'

/** A side's references. */
export interface RefKind {
  accepts(value: object): boolean
  toAddress(value: object): ActorAddress
  fromAddress(address: ActorAddress): object
}

export interface ThreadCodecs {
  /** As between nodes: what inputs and replies are checked by. */
  readonly checked: Codec
  /** For what crosses: a message with its effects, or what was thrown with its stack, takes more than the message. */
  readonly crossing: Codec
}

/** What one crossing may take besides so many messages of the greatest length. */
const crossing = { messages: 16, bytes: 65_536 } as const

export function threadCodecs(messageBytesMax: number, refs: RefKind): ThreadCodecs {
  const extension = {
    tag: 'ref',
    accepts: (value: object) => refs.accepts(value),
    toPlain: (value: object) => refs.toAddress(value),
    fromPlain: (plain: unknown) => refs.fromAddress(plain as ActorAddress),
  }
  const extensions = [extension]
  return {
    checked: createCodec({ bytesMax: messageBytesMax, extensions }),
    crossing: createCodec({ bytesMax: crossing.messages * messageBytesMax + crossing.bytes, depthMax: 72, extensions }),
  }
}
