import { execFile } from 'node:child_process'
import { chmod, mkdir, open, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { hasCode } from '../../errors.ts'
import { collectTelemetry, eventually } from '../../testing/index.ts'
import type { Engine } from '../engine.ts'
import { FrameWriter } from './local/frame-writer.ts'
import { isOpen, LocalWorld } from './local/local-children.fixture.ts'
import { openRendezvous, projectDirectory, thisMachine } from './local/rendezvous.ts'
import { frame, writeHello } from './local/wire-protocol.ts'
import { local } from './local.ts'
import { memoryEngine } from './memory.ts'

const bytes = (value: string) => new TextEncoder().encode(value)
const text = (body: Uint8Array | undefined) => new TextDecoder().decode(body)
const many = 1_000_000
// skip: modes and owners of files, and sockets as files, are those of POSIX
const posix = test.skipIf(process.platform === 'win32')

/** What a hub says to a stranger until it hangs up. */
async function answerTo(path: string, greeting: Uint8Array): Promise<string> {
  const socket = connect(path)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(greeting)
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(chunks).toString('latin1')
}

function hello(token: Uint8Array, version: number): Uint8Array {
  const writer = new FrameWriter()
  writeHello(writer, token, version)
  return writer.take()
}

async function refusal(opening: Promise<Engine>): Promise<unknown> {
  try {
    await opening
  } catch (thrown) {
    return thrown
  }
  return undefined
}

describe('the folder', () => {
  posix('is one that nobody else may enter, and so are the things in it', async () => {
    await using world = await LocalWorld.make()
    await using _engine = await world.openHere()
    expect((await stat(world.directory)).mode & 0o777).toBe(0o700)
    for (const name of ['hub.sock', 'hub.log', 'token']) {
      expect((await stat(join(world.directory, name))).mode & 0o777).toBe(0o600)
    }
  })

  posix('is refused when others may enter it, or when it is somebody else’s', async () => {
    await using world = await LocalWorld.make()
    const open = join(world.directory, 'open')
    await mkdir(open)
    await chmod(open, 0o750)
    expect(await refusal(world.openHere({ directory: open }))).toMatchObject({
      code: 'foundation/directory-unsafe',
      message: expect.stringContaining('got mode 0750'),
    })
    const alien = { ...thisMachine(), uid: 4_242_424 }
    expect(() => openRendezvous(world.directory, alien)).toThrow('got one of user')
    const link = join(world.directory, 'link')
    await symlink(world.directory, link)
    expect(() => openRendezvous(link, thisMachine())).toThrow('got something else')
  })

  test('that can’t be made is named', async () => {
    await using world = await LocalWorld.make()
    await writeFile(join(world.directory, 'file'), '')
    const directory = join(world.directory, 'file', 'folder')
    expect(await refusal(world.openHere({ directory }))).toMatchObject({ code: 'foundation/file-failed' })
  })

  posix('whose path is too long for a socket has it elsewhere, and works', async () => {
    await using world = await LocalWorld.make()
    const directory = join(world.directory, 'x'.repeat(100))
    await using engine = await world.openHere({ directory })
    expect(await engine.stores()).toEqual([])
    const machine = { ...thisMachine(), tempFolder: `/${'y'.repeat(120)}` }
    expect(() => openRendezvous(directory, machine)).toThrow('at most 103 bytes')
  })

  test('of a project is one for its name and root, wherever in it one stands', async () => {
    await using world = await LocalWorld.make()
    const runtime = join(world.directory, 'run')
    await mkdir(runtime)
    const machine = { ...thisMachine(), platform: 'linux' as const, env: { XDG_RUNTIME_DIR: runtime } }
    const [one, other] = [join(world.directory, 'one'), join(world.directory, 'other')]
    for (const root of [one, other]) {
      await mkdir(join(root, 'src'), { recursive: true })
      await writeFile(join(root, 'package.json'), '{ "name": "@me/app" }')
    }
    await writeFile(join(one, 'src', 'package.json'), '{ "type": "module" }')
    const found = projectDirectory(join(one, 'src'), machine)
    expect(found.startsWith(join(runtime, 'mabeam', '-me-app-'))).toBe(true)
    expect(projectDirectory(one, machine)).toBe(found)
    expect(projectDirectory(other, machine)).not.toBe(found)
    // Without a name anywhere it is the nearest one there is, or the folder itself.
    const unnamed = join(world.directory, 'unnamed')
    await mkdir(join(unnamed, 'src'), { recursive: true })
    const bare = projectDirectory(join(unnamed, 'src'), machine)
    expect(bare).not.toBe(projectDirectory(unnamed, machine))
    await writeFile(join(unnamed, 'package.json'), '{"type":"module"}')
    expect(projectDirectory(join(unnamed, 'src'), machine)).toBe(projectDirectory(unnamed, machine))
    expect(projectDirectory(unnamed, machine)).not.toBe(bare)
  })

  test('on other platforms is where they keep such things', async () => {
    await using world = await LocalWorld.make()
    const project = join(import.meta.dirname)
    const tempFolder = join(world.directory, 'tmp')
    const machine = { platform: 'darwin' as const, env: {}, tempFolder, uid: process.getuid?.() }
    expect(projectDirectory(project, machine)).toContain(join(tempFolder, `mabeam-${machine.uid ?? 0}`))
    const windows = { ...machine, platform: 'win32' as const, env: { LOCALAPPDATA: tempFolder } }
    const directory = projectDirectory(project, windows)
    expect(directory).toContain(join(tempFolder, 'mabeam'))
    expect(openRendezvous(directory, windows).socketPath).toMatch(/^\\\\\.\\pipe\\mabeam-[0-9a-f]{16}$/)
  })
})

describe('the place', () => {
  posix('with a foreign file in it is refused, and the file is left alone', async () => {
    await using world = await LocalWorld.make()
    const path = join(world.directory, 'hub.sock')
    await writeFile(path, 'mine')
    expect(await refusal(world.openHere())).toMatchObject({
      code: 'foundation/hub-path-taken',
      message: expect.stringContaining(`${path}: expected the socket of a hub, got a file`),
    })
    expect(await readFile(path, 'utf8')).toBe('mine')
  })

  test('is entered with its token only', async () => {
    await using world = await LocalWorld.make()
    const telemetry = collectTelemetry()
    await using _engine = await world.openHere({}, telemetry)
    const { socketPath, token } = openRendezvous(world.directory, thisMachine())
    const wrong = Uint8Array.from(token, (byte, i) => (i === 31 ? byte ^ 1 : byte))
    expect(await answerTo(socketPath, hello(wrong, 1))).toContain('its token is not that of this hub')
    await writeFile(join(world.directory, 'token'), wrong)
    expect(await refusal(world.openHere())).toMatchObject({ code: 'foundation/hub-refused' })
    await eventually(() => telemetry.named('foundation.hub-connection-refused').length >= 2, many)
    await writeFile(join(world.directory, 'token'), 'short')
    expect(await refusal(world.openHere())).toMatchObject({ code: 'foundation/directory-unsafe' })
  })

  test('is entered with its version of the protocol only, and both are named', async () => {
    await using world = await LocalWorld.make()
    await using _engine = await world.openHere()
    const { socketPath, token } = openRendezvous(world.directory, thisMachine())
    const answer = await answerTo(socketPath, hello(token, 99))
    expect(answer).toContain('foundation/hub-version')
    expect(answer).toContain('protocol version 1, this process 99')
  })

  test('hangs up on whoever talks nonsense, and goes on with the others', async () => {
    await using world = await LocalWorld.make()
    await using engine = await world.openHere()
    const { socketPath, token } = openRendezvous(world.directory, thisMachine())
    const writer = new FrameWriter()
    writeHello(writer, token, 1)
    writer.begin(99, 0).finish()
    expect(await answerTo(socketPath, writer.take())).toContain('foundation/broken-frame')
    expect(await answerTo(socketPath, bytes('GET / HTTP/1.1\r\n\r\n'))).toContain('foundation/broken-frame')
    writeHello(writer, token, 1)
    writer
      .begin(frame.operation, 5)
      .u32(1)
      .bytes(Buffer.from([0xc1]))
      .finish()
    expect(await answerTo(socketPath, writer.take())).toContain('foundation/broken-frame')
    expect(await engine.stores()).toEqual([])
  })
})

describe('the log', () => {
  test('with a torn end is cut there, and all that was acknowledged before is kept', async () => {
    await using world = await LocalWorld.make()
    const first = await world.openHere()
    const queue = await first.queue('q')
    for (const body of ['1', '2', '3']) await queue.push(bytes(body))
    await first.close()
    const path = join(world.directory, 'hub.log')
    await truncate(path, (await stat(path)).size - 3)
    const telemetry = collectTelemetry()
    await using second = await world.openHere({}, telemetry)
    const taken = await (await second.queue('q')).pull(5)
    expect(taken.map((one) => text(one.body))).toEqual(['1', '2'])
    expect(telemetry.named('foundation.hub-log-cut')[0]?.measurements.bytes).toBeGreaterThan(0)
  })

  test('that was damaged in the middle is refused and left as it is, never shortened', async () => {
    await using world = await LocalWorld.make()
    const first = await world.openHere()
    const queue = await first.queue('q')
    for (const body of ['1', '2', '3']) await queue.push(bytes(body))
    await first.close()
    const path = join(world.directory, 'hub.log')
    const before = await readFile(path)
    const at = before.indexOf('mabeam-hub-log') + 'mabeam-hub-log'.length + 40
    const file = await open(path, 'r+')
    await file.write(Buffer.from([(before[at] as number) ^ 0xff]), 0, 1, at)
    await file.close()
    expect(await refusal(world.openHere())).toMatchObject({
      code: 'foundation/hub-log-damaged',
      message: expect.stringContaining('move it away to begin with nothing'),
    })
    expect((await readFile(path)).length).toBe(before.length)
  })

  test('of something else, or of another version, is refused', async () => {
    await using world = await LocalWorld.make()
    const path = join(world.directory, 'hub.log')
    await writeFile(path, 'these are my notes, and they are long enough for a header')
    expect(await refusal(world.openHere())).toMatchObject({ code: 'foundation/hub-log-damaged' })
  })

  test('is made short while the hub goes on, and holds the same', async () => {
    await using world = await LocalWorld.make()
    const telemetry = collectTelemetry()
    const first = await world.openHere({}, telemetry)
    const state = await first.state('s')
    const value = new Uint8Array(100_000).fill(1)
    // Short again and again: what is kept is much less than what was written.
    for (let i = 0; i < 120; i++) await state.put(`k.${i % 3}`, value)
    await eventually(() => telemetry.named('foundation.hub-log-compacted').length > 0, many)
    const revisions = await Promise.all([0, 1, 2].map(async (i) => (await state.get(`k.${i}`))?.revision))
    await first.close()
    expect((await stat(join(world.directory, 'hub.log'))).size).toBeLessThan(5_000_000)
    await using second = await world.openHere()
    const again = await second.state('s')
    expect(await Promise.all([0, 1, 2].map(async (i) => (await again.get(`k.${i}`))?.revision))).toEqual(revisions)
  })
})

describe('a limit', () => {
  test('bytesMax: a body of that length passes, one of one more is refused', async () => {
    await using world = await LocalWorld.make()
    await using engine = await world.openHere({ bytesMax: 8 })
    const state = await engine.state('s')
    await state.put('a', new Uint8Array(8))
    engine.publish('a', new Uint8Array(8))
    const refused = { code: 'foundation/payload-too-large' }
    await expect(state.put('a', new Uint8Array(9))).rejects.toMatchObject(refused)
    expect(() => engine.publish('a', new Uint8Array(9))).toThrow(expect.objectContaining(refused))
    await expect((await engine.queue('q')).push(new Uint8Array(9))).rejects.toMatchObject(refused)
  })

  test('outboxBytesMax: while the hub is away so much is kept, and a publish more is refused', async () => {
    await using world = await LocalWorld.make()
    const holder = world.start('holder')
    await holder.heard((child) => child.count('open') > 0)
    const engine = await world.openHere({ outboxBytesMax: 1_000, unresponsiveMs: 1_000 })
    holder.process.kill('SIGSTOP')
    await eventually(() => engine.status === 'disconnected', many)
    // Two bytes of length and at most three for the one letter of the subject.
    engine.publish('a', new Uint8Array(995))
    const thrown = () => engine.publish('a', new Uint8Array(0))
    expect(thrown).toThrow(expect.objectContaining({ code: 'foundation/engine-unavailable' }))
    holder.process.kill('SIGCONT')
    await eventually(() => engine.status === 'connected', many)
    engine.publish('a', new Uint8Array(0))
  })

  test('connectionsMax: so many connect, one more is refused by name', async () => {
    await using world = await LocalWorld.make()
    await using engine = await world.openHere({ connectionsMax: 4 })
    // Each engine has three: two of its own, and that of its thread.
    await engine.pulse({ beats: 'b', probes: 'p', everyMs: 1_000 })
    const { socketPath, token } = openRendezvous(world.directory, thisMachine())
    // One of which only some have room is refused as a whole.
    const refused = { code: 'foundation/hub-refused', message: expect.stringContaining('connectionsMax') }
    expect(await refusal(world.openHere())).toMatchObject(refused)
    const fourth = connect(socketPath)
    fourth.write(hello(token, 1))
    await new Promise((resolve) => fourth.once('data', resolve))
    expect(await answerTo(socketPath, hello(token, 1))).toContain('connectionsMax: it has 4 connections')
    fourth.destroy()
  })

  test('subscriptionsMax and requestsMax: so many are open at once, one more is refused', async () => {
    await using world = await LocalWorld.make()
    await using engine = await world.openHere({ subscriptionsMax: 2, requestsMax: 1 })
    const limit = { code: 'foundation/limit-reached' }
    await engine.subscribe('silent', () => {})
    const second = await engine.subscribe('b', () => {})
    await expect(engine.subscribe('c', () => {})).rejects.toMatchObject(limit)
    await second[Symbol.asyncDispose]()
    await engine.subscribe('c', () => {})
    const waiting = engine.request('silent', new Uint8Array()).catch((thrown) => thrown)
    await expect(engine.request('silent', new Uint8Array())).rejects.toMatchObject(limit)
    await engine.close()
    expect(hasCode(await waiting, 'foundation/engine-closed')).toBe(true)
  })

  test('connectionBytesMax: who does not read loses messages, and that is counted; others do not notice', async () => {
    await using world = await LocalWorld.make()
    const telemetry = collectTelemetry()
    const engine = await world.openHere({ connectionBytesMax: 100_000 }, telemetry)
    const { socketPath, token } = openRendezvous(world.directory, thisMachine())
    const deaf = connect(socketPath)
    deaf.write(hello(token, 1))
    await new Promise((resolve) => deaf.once('data', resolve))
    deaf.pause()
    const writer = new FrameWriter()
    const subscribe = Buffer.from([0x94, 0xa9, ...bytes('subscribe'), 1, 0xa4, ...bytes('news'), 0xc0])
    writer.begin(frame.operation, 64).u32(1).bytes(subscribe).finish()
    deaf.write(writer.take())
    let heard = 0
    await engine.subscribe('news', () => heard++)
    const isDropped = () => telemetry.named('foundation.message-dropped').length > 0
    for (let sent = 0; !isDropped(); sent++) {
      engine.publish('news', new Uint8Array(50_000))
      await engine.stores()
      expect(sent).toBeLessThan(1_000)
    }
    expect(telemetry.named('foundation.message-dropped')[0]?.metadata).toMatchObject({ reason: 'connection-full' })
    expect(heard).toBeGreaterThan(2)
    deaf.destroy()
    await engine.close()
  })

  test('logBytesMax: with so much kept nothing more is taken in, until something is done', async () => {
    await using world = await LocalWorld.make()
    await using engine = await world.openHere({ logBytesMax: 200_000 })
    const queue = await engine.queue('q')
    let pushed = 0
    const push = () => queue.push(new Uint8Array(20_000)).then(() => ++pushed)
    await expect(
      (async () => {
        for (;;) await push()
      })(),
    ).rejects.toMatchObject({ code: 'foundation/limit-reached', data: { limit: 'logBytesMax' } })
    expect(pushed).toBeGreaterThan(5)
    for (const one of await queue.pull(100)) await one.ack()
    await eventually(
      async () =>
        await push().then(
          () => true,
          () => false,
        ),
      many,
    )
  })
})

test('a hub that is stopped is not replaced: it is named, and all go on when it does', async () => {
  await using world = await LocalWorld.make()
  const holder = world.start('holder')
  await holder.heard(isOpen)
  const telemetry = collectTelemetry()
  const options = { unresponsiveMs: 1_000, awayMs: 100 }
  const engine = await world.open(options, telemetry)
  const state = await engine.state('s')
  const revision = await state.put('a', bytes('1'))
  holder.process.kill('SIGSTOP')
  await eventually(() => engine.status === 'disconnected', many)
  const said = { code: 'foundation/engine-unavailable' }
  await expect(state.put('a', bytes('2'))).rejects.toMatchObject(said)
  await expect(world.open(options)).rejects.toMatchObject({
    code: 'foundation/hub-unresponsive',
    message: expect.stringContaining(`kill -CONT ${holder.process.pid}`),
  })
  expect(telemetry.named('foundation.hub-unresponsive')[0]?.metadata).toMatchObject({ pid: holder.process.pid })
  expect(telemetry.named('foundation.hub-started')).toEqual([])
  holder.process.kill('SIGCONT')
  await eventually(() => engine.status === 'connected', many)
  // The refused write may have happened: it is what the contract says, and what a reader finds out.
  expect((await state.get('a'))?.revision).toBeGreaterThanOrEqual(revision)
})

test('what ends while a hub is stopped is not open there when it goes on', async () => {
  await using world = await LocalWorld.make()
  const holder = world.start('holder')
  await holder.heard(isOpen)
  const engine = await world.openHere({ unresponsiveMs: 1_000, awayMs: 100 })
  const other = await world.openHere({ unresponsiveMs: 1_000 })
  const queue = await engine.queue('q')
  const got: string[] = []
  const member =
    (name: string) =>
    ({ body }: { body: Uint8Array }) =>
      void got.push(`${name} ${text(body)}`)
  const leaving = await engine.subscribe('work', member('left'), { queue: 'group' })
  await other.subscribe('work', member('stays'), { queue: 'group' })
  const pulling = queue.pull(1, { waitMs: 60_000 }).catch((thrown) => thrown)
  await engine.stores()
  holder.process.kill('SIGSTOP')
  await eventually(() => engine.status === 'disconnected', many)
  expect(hasCode(await pulling, 'foundation/engine-unavailable')).toBe(true)
  await leaving[Symbol.asyncDispose]()
  holder.process.kill('SIGCONT')
  await eventually(() => engine.status === 'connected' && other.status === 'connected', many)
  // The pull that was given up takes nothing, and the member that left has no share.
  await queue.push(bytes('task'))
  expect((await queue.pull(1)).map((one) => one.attempt)).toEqual([1])
  for (let i = 0; i < 20; i++) engine.publish('work', bytes(String(i)))
  await eventually(() => got.length === 20, many)
  expect(got.filter((one) => one.startsWith('left'))).toEqual([])
})

test('a program that is given as text has its thread too', async () => {
  await using world = await LocalWorld.make()
  const program = `
    import { local, startNode } from '@mabeam/foundation'
    const node = await startNode({ engine: local({ directory: process.argv[1] }) })
    await node.close()
    console.log('closed')`
  const args = ['--conditions=mabeam-source', '--input-type=module', '-e', program, world.directory]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  expect(stdout).toBe('closed\n')
})

test('options are refused by name', () => {
  expect(() => local({ directry: '/x' } as never)).toThrow('did you mean "directory"?')
  expect(() => local({ unresponsiveMs: 1 })).toThrow('local: unresponsiveMs')
  expect(() => local({ bytesMax: 67_108_865 })).toThrow('local: bytesMax')
})

test('the memory engine and this one refuse the same things in the same words', async () => {
  await using world = await LocalWorld.make()
  await using engine = await world.openHere()
  await using memory = memoryEngine()
  const attempts: ((one: Engine) => unknown)[] = [
    (one) => one.publish('a b', new Uint8Array()),
    (one) => one.subscribe('a', () => {}, { capacity: 0 }),
    (one) => one.request('a', new Uint8Array(), { timeoutMs: 0 }),
    (one) => one.state('s', { expiryMs: 1 }),
    async (one) => await (await one.state('s')).create('a..b', new Uint8Array()),
    async (one) => await (await one.queue('q')).pull(0),
    async (one) => await (await one.queue('q')).push(new Uint8Array(), { id: 'a b' }),
  ]
  const said = async (one: Engine, attempt: (one: Engine) => unknown) => {
    try {
      return await attempt(one)
    } catch (thrown) {
      return String(thrown)
    }
  }
  for (const attempt of attempts) expect(await said(engine, attempt)).toBe(await said(memory, attempt))
})
