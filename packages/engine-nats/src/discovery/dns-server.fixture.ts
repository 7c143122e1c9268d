/** A real name server on this machine for tests: answers over UDP what it is told to. */

import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { type Answer, decode, encode, type Question } from 'dns-packet'

/** `drop`: no answer. A number: the code of a failure, such as 2 for SERVFAIL and 3 for a name that is not there. */
export type TestAnswer = readonly Answer[] | 'drop' | number

export interface TestDns extends AsyncDisposable {
  /** As an option of `dns`. */
  readonly nameserver: string
  readonly questions: readonly string[]
}

export async function testDns(answer: (question: Question) => TestAnswer): Promise<TestDns> {
  const questions: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    const { id, questions: asked = [] } = decode(message)
    const [question] = asked
    if (question === undefined) return
    questions.push(`${question.type} ${question.name}`)
    const given = answer(question)
    if (given === 'drop') return
    const flags = (typeof given === 'number' ? given : 0) | 0x8180
    const answers = typeof given === 'number' ? [] : [...given]
    socket.send(encode({ type: 'response', id: id ?? 0, flags, questions: asked, answers }), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', () => resolve()))
  return {
    nameserver: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    questions,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
