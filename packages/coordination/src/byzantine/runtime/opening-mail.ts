/** What hosts tell each other of agreements as a whole, over the channels of their nodes, since these carry references to agents. */

import type { ChannelListener, Channels } from '@mabeam/foundation'
import { z } from 'zod'
import type { HostNode } from './host-options.ts'
import { bytes, openingSchema } from './opening.ts'

const hostMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open'), opening: openingSchema }),
  /** With the secret of which the opening has the hash. */
  z.object({ type: z.literal('cancel'), agreement: z.string().length(64), secret: bytes }),
  /** This node began anew since it was asked for its seats. */
  z.object({ type: z.literal('other-life') }),
])

export type HostMessage = z.infer<typeof hostMessage>

export interface OpeningListener {
  hear(message: HostMessage, from: string): void
  /** Answers for the seats of this node. */
  seats(asked: unknown): Promise<unknown>
  refused(): void
}

const topic = 'agreement'

export class OpeningMail implements AsyncDisposable {
  readonly #node: HostNode
  readonly #listener: OpeningListener
  #channels: Channels | undefined
  #listening: readonly ChannelListener[] = []

  constructor(node: HostNode, listener: OpeningListener) {
    this.#node = node
    this.#listener = listener
  }

  async open(): Promise<void> {
    const channels = await this.#node.channels()
    this.#channels = channels
    const control = { priority: 'control' } as const
    const heard = channels.on<unknown>(
      topic,
      (message, { from }) => {
        const { success, data } = hostMessage.safeParse(message)
        if (success) this.#listener.hear(data, from)
        else this.#listener.refused()
      },
      control,
    )
    const asked = channels.respond<unknown, unknown>(
      `${topic}.seats.${this.#node.name}`,
      (question) => this.#listener.seats(question),
      control,
    )
    this.#listening = [heard, asked]
    await Promise.all(this.#listening.map(({ ready }) => ready))
  }

  /** To all nodes; what is too long or finds the channels closed reaches nobody, and the agreement is not decided. */
  publish(message: HostMessage): void {
    try {
      this.#channels?.publish(topic, message, { priority: 'control' })
    } catch {
      this.#listener.refused()
    }
  }

  /** Rejects as a request of channels does. */
  async askSeats(
    node: string,
    question: unknown,
    options: { readonly deadlineMs: number; readonly signal: AbortSignal },
  ): Promise<unknown> {
    return await this.#channels?.request(`${topic}.seats.${node}`, question, { ...options, priority: 'control' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#listening.map((one) => one[Symbol.asyncDispose]()))
  }
}
