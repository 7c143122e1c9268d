/** What the test and its workers agree on. */

export const queueOptions = { ackWaitMs: 2_000, deliveriesMax: 20 }
export const concurrency = 8
