/**
 * A program that was tuned is put to work: its file is signed where it was made, and a server loads it only if the signature is one of
 * ours. It answers over HTTP field by field, as the model writes; who goes away stops the run that was for them.
 */

import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createModels, loadProgram, predict } from '@mabeam/dspx'
import { isMabeamError } from '@mabeam/foundation'

const route = predict('mail -> team: "billing" | "tech", summary')
const folder = await mkdtemp(join(tmpdir(), 'served-'))
const path = join(folder, 'route.json')

// 1. Where it is tuned: the file is signed with the private key. Keys are made once and kept apart, of course.
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const instructions = 'Route the mail.\nbilling: refund, charged\ntech: crash, login'
const tuned = route.compile({ predictors: { predict: { instructions, demos: [] } } })
await tuned.save(path, { signWith: privateKey })

// 2. Where it is served: a file that is not ours, or was changed, is not loaded.
const verifyWith = [publicKey]
const served = await loadProgram(route, path, { verifyWith })
const forged = join(folder, 'forged.json')
await writeFile(forged, (await readFile(path, 'utf8')).replace('refund', 'everything'))
const foreign = join(folder, 'foreign.json')
await tuned.save(foreign, { signWith: generateKeyPairSync('ed25519').privateKey })
for (const one of [forged, foreign]) {
  await loadProgram(route, one, { verifyWith }).catch((error) => console.log('refused:', error.code))
}

// 3. The server: events as browsers read them with EventSource, a piece of a field each, and the whole at the end. Pieces of a higher
// attempt begin the answer anew: the one before could not be read.
const models = createModels({ realLatency: true })

async function* events(mail: string, signal: AbortSignal) {
  try {
    for await (const part of served.stream({ mail }, { lm: 'local/nano', models, signal })) {
      if (part.type === 'text') yield event('text', { field: part.field, text: part.text, attempt: part.attempt })
      else if (part.type === 'result') yield event('result', part.result)
    }
  } catch (error) {
    // What went wrong has a code; the rest of it is for the log of the server.
    yield event('failed', { code: isMabeamError(error) ? error.code : 'unknown' })
  }
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

const server = createServer(async (request, response) => {
  const left = new AbortController()
  response.on('close', () => left.abort())
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  // Not `new URL`, which throws for what a stranger may ask for, as `//`.
  const mail = new URLSearchParams(request.url?.split('?')[1]).get('mail') ?? ''
  // Takes the next piece when the reader has taken this one: a slow reader fills no memory.
  await pipeline(events(mail, left.signal), response).catch(() => console.log('the reader went away'))
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?mail=`

const answer = await fetch(`${url}${encodeURIComponent('I was charged twice, a refund please')}`)
for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) process.stdout.write(piece)

// A reader that leaves in the middle.
const leaving = new AbortController()
const cut = await fetch(`${url}login`, { signal: leaving.signal })
await cut.body?.getReader().read()
leaving.abort()

server.close()
server.closeAllConnections()
await once(server, 'close')
await rm(folder, { recursive: true })
