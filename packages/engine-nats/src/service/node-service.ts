/** Answers what tools ask of services, over the connection for data. */

import type { NatsConnection, Subscription } from '@nats-io/transport-node'
import {
  type ServiceCounts,
  type ServiceIdentity,
  serviceAnswer,
  serviceSubjects,
  serviceVerbs,
} from './service-answers.ts'

export class NodeService {
  readonly #subscriptions: readonly Subscription[]

  /** Where the account does not permit it, nobody is answered and the connection tells so. */
  constructor(connection: NatsConnection, who: ServiceIdentity) {
    const counts = (): ServiceCounts => {
      const { inMsgs, outMsgs, inBytes, outBytes } = connection.stats()
      return { messagesIn: inMsgs, messagesOut: outMsgs, bytesIn: inBytes, bytesOut: outBytes }
    }
    this.#subscriptions = serviceVerbs.flatMap((verb) =>
      serviceSubjects(verb, who).map((subject) =>
        connection.subscribe(subject, {
          callback: (error, message) => {
            if (error === null) message.respond(JSON.stringify(serviceAnswer(verb, who, counts())))
          },
        }),
      ),
    )
  }

  end(): void {
    for (const one of this.#subscriptions) if (!one.isClosed()) one.unsubscribe()
  }
}
