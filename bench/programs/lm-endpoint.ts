/**
 * An OpenAI-compatible endpoint that answers at once, in the form that the prompt asks for, in a process of its own until its standard input
 * ends. Prints its base URL as a line of JSON.
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

const marked =
  '[[ ## team ## ]]\ntech\n\n[[ ## urgency ## ]]\n3\n\n[[ ## reason ## ]]\nit crashes\n\n[[ ## completed ## ]]'
const labelled = 'Team: tech\nUrgency: 3\nReason: it crashes'

function completion(content: string): string {
  return JSON.stringify({
    id: 'bench',
    object: 'chat.completion',
    created: 0,
    model: 'instant',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  })
}

async function answerTo(request: IncomingMessage): Promise<string> {
  return completion((await text(request)).includes('[[ ##') ? marked : labelled)
}

const server = createServer((request, response) => {
  answerTo(request).then((body) => response.writeHead(200, { 'content-type': 'application/json' }).end(body))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}/v1` })}\n`)
process.stdin.resume().once('end', () => {
  server.close()
  server.closeAllConnections()
})
