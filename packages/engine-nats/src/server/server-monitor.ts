/** Asks a nats-server's monitoring, which is plain HTTP beside the port of clients. */

import { request } from 'node:http'
import type { Json } from '@mabeam/foundation'

/** Of what it answers no more is read. */
const answerBytesMax = 16 * 1024 * 1024

/** Status and body. Rejects when there is no answer within the time, or it is too long or no JSON. */
export function monitorAnswer(
  url: string,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly body: Json }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { timeout: timeoutMs, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => {
        text += piece
        if (text.length > answerBytesMax) asked.destroy(new Error(`${url}: more than ${answerBytesMax} bytes`))
      })
      answer.on('error', reject)
      answer.on('end', () => {
        try {
          resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as Json })
        } catch (thrown) {
          reject(thrown)
        }
      })
    })
    asked.on('timeout', () => asked.destroy(new Error(`${url}: no answer within ${timeoutMs} ms`)))
    asked.on('error', reject)
    asked.end()
  })
}
