import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import type { ActorAddress } from '../actors/actor-address.ts'
import { mailboxFull } from '../errors/actor-errors.ts'
import { noResponders, requestTimeout } from '../errors/engine-errors.ts'
import { MabeamError } from '../errors.ts'
import { type DirectoryNode, DirectoryWorld } from '../testing/directory-world.ts'
import { collectTelemetry, settled } from '../testing/index.ts'
import type { CallActor, InstanceCallOptions } from './service-calls.ts'
import { openServices, type Services, type ServicesOptions } from './services.ts'

type Answer = (address: ActorAddress, options: InstanceCallOptions) => unknown

/** A node with services, whose calls are answered by `answer`, and a list of whom it called. */
function servicesOn(node: DirectoryNode, answer: Answer = () => 'ok', options: Partial<ServicesOptions> = {}) {
  const called: string[] = []
  const callActor: CallActor = async (address, _request, given) => {
    called.push(`${address.node}${address.id}`)
    return await answer(address, given)
  }
  const telemetry = collectTelemetry()
  const services = openServices({ ...node.mortal.port, telemetry }, node.directory, { callActor, ...options })
  return { services, called, telemetry }
}

const ids = (services: Services, query?: Parameters<Services['discover']>[0]) =>
  services.discover(query).map((one) => `${one.address.node}${one.address.id}`)

async function twoNodes(world: DirectoryWorld) {
  const [a, b] = await world.startAll('a', 'b')
  assert.ok(a && b)
  return { a, b }
}

describe('services', () => {
  test('are found from every node by name, capability and metadata', async () => {
    await using world = new DirectoryWorld()
    const { a, b } = await twoNodes(world)
    const [one, two] = [servicesOn(a).services, servicesOn(b).services]
    await one.register('ocr', a.address(1), { capabilities: ['gpu'], metadata: { lang: 'de', tier: { a: 1, b: 2 } } })
    await one.register('ocr', a.address(2), { metadata: { lang: 'en' }, version: '2.0.0', weight: 3 })
    await two.register('mail', b.address(1), { capabilities: ['gpu'] })
    await settled()
    for (const services of [one, two]) {
      expect(ids(services)).toEqual(['b1', 'a1', 'a2'])
      expect(ids(services, { name: 'ocr' })).toEqual(['a1', 'a2'])
      expect(ids(services, { capability: 'gpu' })).toEqual(['b1', 'a1'])
      expect(ids(services, { name: 'ocr', capability: 'gpu' })).toEqual(['a1'])
      expect(ids(services, { metadata: { lang: 'en' } })).toEqual(['a2'])
      expect(ids(services, { metadata: { lang: 'de', tier: { b: 2, a: 1 } } })).toEqual(['a1'])
      expect(ids(services, { name: 'none' })).toEqual([])
    }
    expect(two.discover({ name: 'ocr' })[1]).toMatchObject({ version: '2.0.0', weight: 3, isHealthy: true })
    await one.deregister('ocr', a.address(1))
    await settled()
    expect(ids(two, { name: 'ocr' })).toEqual(['a2'])
  })

  test('of a node that died are not found any more as soon as it is held for down', async () => {
    await using world = new DirectoryWorld()
    const { a, b } = await twoNodes(world)
    const [one, two] = [servicesOn(a).services, servicesOn(b).services]
    await one.register('ocr', a.address(1))
    await settled()
    await a.mortal.kill()
    for (let waitedMs = 0; b.membership.member('a')?.status !== 'down'; waitedMs += 10) {
      assert.ok(waitedMs < 3_000)
      await world.clock.advance(10)
    }
    expect(ids(two)).toEqual([])
    await expect(two.service('ocr').call('read', 1)).rejects.toMatchObject({ code: 'foundation/no-instance' })
  })

  test('an instance whose check fails is marked, not removed, and healthy again when it passes', async () => {
    await using world = new DirectoryWorld()
    const { a, b } = await twoNodes(world)
    const [one, two] = [servicesOn(a), servicesOn(b)]
    let answer: () => unknown = () => true
    let checks = 0
    const check = () => {
      checks++
      return answer()
    }
    await one.services.register('ocr', a.address(1), { check, checkMs: 1_000, checkTimeoutMs: 500 })
    /** Checks until the other node sees it. */
    const checksUntil = async (isHealthy: boolean) => {
      const before = checks
      for (let waitedMs = 0; two.services.discover({ name: 'ocr' })[0]?.isHealthy !== isHealthy; waitedMs += 50) {
        assert.ok(waitedMs < 10_000)
        await world.clock.advance(50)
      }
      return checks - before
    }
    await world.clock.advance(3_000)
    for (const bad of [() => false, () => Promise.reject(new Error('no')), () => new Promise(() => {})]) {
      answer = bad
      expect(await checksUntil(false)).toBe(2)
      answer = () => undefined
      expect(await checksUntil(true)).toBe(1)
    }
    expect(one.telemetry.named('foundation.instance-health-changed')).toHaveLength(6)
    await one.services.close()
    await two.services.close()
    await settled()
    expect(await world.kept()).toEqual([])
  })

  test('leave no timer and no record when they close, and refuse calls after', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const { services } = servicesOn(a)
    await services.register('ocr', a.address(1), { check: () => true })
    await services.service('ocr').call('read', 1)
    await services.close()
    await services.close()
    await a.directory.close()
    await a.membership.close()
    expect(world.clock.pendingTimers).toBe(0)
    await expect(services.service('ocr').call('read', 1)).rejects.toMatchObject({
      code: 'foundation/cluster-part-closed',
    })
  })
})

describe('service.call', () => {
  test('a call that surely never began is tried elsewhere, without asking the caller', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    for (const thrown of [noResponders('x'), mailboxFull('x', 1)]) {
      const { services, called, telemetry } = servicesOn(a, ({ id }) => {
        if (id === 1) throw thrown
        return 'ok'
      })
      await services.register('ocr', a.address(1))
      await services.register('ocr', a.address(2))
      const reply = services.service('ocr').call('read', 1, { balance: 'round-robin' })
      await world.clock.advance(1_000)
      expect(await reply).toBe('ok')
      expect(called).toEqual(['a1', 'a2'])
      expect(telemetry.named('foundation.service-retried')).toHaveLength(1)
      await services.close()
    }
  })

  test('a call that may have begun is tried elsewhere only with an idempotency key, which goes with it', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const keys: unknown[] = []
    const { services, called } = servicesOn(a, ({ id }, options) => {
      keys.push(options.idempotencyKey)
      if (id === 1) throw requestTimeout('x', 5)
      return 'ok'
    })
    await services.register('ocr', a.address(1))
    await services.register('ocr', a.address(2))
    await expect(services.service('ocr').call('read', 1, { balance: 'round-robin' })).rejects.toMatchObject({
      code: 'foundation/request-timeout',
    })
    expect(called).toEqual(['a1'])
    await services.service('ocr').call('read', 1, { balance: 'round-robin' })
    const reply = services.service('ocr').call('read', 1, { balance: 'round-robin', idempotencyKey: 'k1' })
    await world.clock.advance(1_000)
    expect(await reply).toBe('ok')
    expect(called).toEqual(['a1', 'a2', 'a1', 'a2'])
    expect(keys.slice(2)).toEqual(['k1', 'k1'])
  })

  test('a failure that will not pass is never tried elsewhere', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const { services, called } = servicesOn(a, () => {
      throw new MabeamError('test/refused', 'no')
    })
    for (const id of [1, 2]) await services.register('ocr', a.address(id))
    await expect(services.service('ocr').call('read', 1, { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'test/refused',
    })
    expect(called).toHaveLength(1)
  })

  test('tries end at attemptsMax, with what the last one did', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const { services, called } = servicesOn(a, () => Promise.reject(noResponders('x')))
    await services.register('ocr', a.address(1))
    const reply = services.service('ocr').call('read', 1, { retry: { attemptsMax: 4 } })
    const rejected = expect(reply).rejects.toMatchObject({ code: 'foundation/no-responders' })
    await world.clock.advance(5_000)
    await rejected
    expect(called).toHaveLength(4)
  })

  test('an instance that keeps failing is left alone, and asked again after a while', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    let isBroken = true
    const { services, called, telemetry } = servicesOn(a, ({ id }) => {
      if (id === 1 && isBroken) throw requestTimeout('x', 5)
      return 'ok'
    })
    await services.register('ocr', a.address(1))
    const id = services.discover()[0]?.id ?? assert.fail()
    const call = () =>
      services
        .service('ocr')
        .call('read', 1)
        .catch((thrown: MabeamError) => thrown.code)
    for (let i = 0; i < 10; i++) await call()
    expect(services.breakerPhase(id)).toBe('open')
    expect(await call()).toBe('foundation/no-instance')
    expect(called).toHaveLength(10)
    await services.register('ocr', a.address(2))
    for (let i = 0; i < 10; i++) expect(await call()).toBe('ok')
    expect(called.slice(10)).not.toContain('a1')
    await services.deregister('ocr', a.address(2))
    isBroken = false
    await world.clock.advance(5_000)
    for (let i = 0; i < 3; i++) expect(await call()).toBe('ok')
    expect(services.breakerPhase(id)).toBe('closed')
    const phases = telemetry.named('foundation.breaker-changed').map((one) => one.metadata.phase)
    expect(phases).toEqual(['open', 'half-open', 'closed'])
  })

  test('an unhealthy instance is asked only when there is no healthy one', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const { services, called } = servicesOn(a)
    await services.register('ocr', a.address(1), { check: () => false, checkMs: 100 })
    await services.register('ocr', a.address(2))
    await world.clock.advance(300)
    for (let i = 0; i < 20; i++) await services.service('ocr').call('read', 1)
    expect(new Set(called)).toEqual(new Set(['a2']))
    await services.deregister('ocr', a.address(2))
    await services.service('ocr').call('read', 1)
    expect(called.at(-1)).toBe('a1')
  })

  test('ends when its time is over or it is given up, whatever the instance does, and leaves no timer', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const { services } = servicesOn(a, () => new Promise(() => {}))
    await services.register('ocr', a.address(1))
    const timers = world.clock.pendingTimers
    const late = services.service('ocr').call('read', 1, { timeoutMs: 500 })
    const rejected = expect(late).rejects.toMatchObject({ code: 'foundation/service-timeout', retryable: true })
    await world.clock.advance(500)
    await rejected
    const giveUp = new AbortController()
    const givenUp = services.service('ocr').call('read', 1, { signal: giveUp.signal })
    giveUp.abort(new Error('enough'))
    await expect(givenUp).rejects.toThrow('enough')
    await expect(
      services.service('ocr').call('read', 1, { signal: AbortSignal.abort(new Error('before')) }),
    ).rejects.toThrow('before')
    expect(world.clock.pendingTimers).toBe(timers)
  })

  test('a service has the limits given for it, the others those for all', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const { services, telemetry } = servicesOn(a, () => 'ok', {
      limits: { ratePerSec: 1, burst: 2 },
      limitsOf: { free: { ratePerSec: 1, burst: 5 } },
    })
    for (const service of ['free', 'tight']) await services.register(service, a.address(1))
    for (let i = 0; i < 5; i++) await services.service('free').call('x', 1)
    await expect(services.service('free').call('x', 1)).rejects.toMatchObject({ code: 'foundation/rate-limited' })
    for (let i = 0; i < 2; i++) await services.service('tight').call('x', 1)
    await expect(services.service('tight').call('x', 1)).rejects.toMatchObject({ code: 'foundation/rate-limited' })
    expect(telemetry.named('foundation.service-call-refused').map((one) => one.metadata.service)).toEqual([
      'free',
      'tight',
    ])
  })

  test('at servicesMax idle services make room, busy ones do not', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const { services } = servicesOn(a, () => new Promise(() => {}), { servicesMax: 2 })
    for (const service of ['s1', 's2', 's3']) await services.register(service, a.address(1))
    const giveUp = new AbortController()
    const busy = ['s1', 's2'].map((one) =>
      services
        .service(one)
        .call('x', 1, { signal: giveUp.signal })
        .catch(() => 'gone'),
    )
    await expect(services.service('s3').call('x', 1)).rejects.toMatchObject({ code: 'foundation/limit-reached' })
    giveUp.abort()
    expect(await Promise.all(busy)).toEqual(['gone', 'gone'])
    const rejected = expect(services.service('s3').call('x', 1, { timeoutMs: 10 })).rejects.toMatchObject({
      code: 'foundation/service-timeout',
    })
    await world.clock.advance(10)
    await rejected
  })

  test('bad options are refused by name', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const { services } = servicesOn(a)
    await expect(services.service('ocr').call('x', 1, { balance: 'rnd-robin' as never })).rejects.toThrow(
      'service.call: balance: expected a function, or one of round-robin',
    )
    await expect(services.register('ocr', a.address(1), { wieght: 1 } as object)).rejects.toThrow(
      'did you mean "weight"',
    )
    await expect(services.register('ocr', a.address(1), { weight: 0 })).rejects.toThrow('weight')
    expect(() => servicesOn(a, undefined, { breaker: { callMin: 1 } as object })).toThrow('did you mean "callsMin"')
  })
})

describe('the registry as a document', () => {
  test('goes to another system and back, and what is registered by others already is skipped', async () => {
    await using world = new DirectoryWorld()
    await using other = new DirectoryWorld()
    const a = await world.start('a')
    const x = await other.start('x')
    const [from, to] = [servicesOn(a).services, servicesOn(x).services]
    await from.register('ocr', a.address(1), {
      capabilities: ['gpu'],
      metadata: { lang: 'de' },
      version: '1.2.3',
      weight: 2,
    })
    await from.register('mail', a.address(2))
    const document = JSON.parse(JSON.stringify(from.export())) as unknown
    expect(await to.import(document)).toEqual({ imported: 2, skipped: 0 })
    await settled()
    expect(to.export()).toEqual(document)
    const y = await other.start('y')
    await settled()
    expect(await servicesOn(y).services.import(document)).toEqual({ imported: 0, skipped: 2 })
    await to.close()
    expect(await other.kept()).toEqual([])
  })

  test('version 1 as it was first written is read', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const { services } = servicesOn(a)
    const address = { system: 'test', node: 'gateway', epoch: 3, id: 7 }
    expect(
      await services.import({ version: 1, instances: [{ service: 'ocr', address, capabilities: ['gpu'] }] }),
    ).toEqual({
      imported: 1,
      skipped: 0,
    })
    expect(services.discover({ capability: 'gpu' })[0]).toMatchObject({ address, weight: 1, version: '0.0.0' })
  })

  test('what is no such document is refused, saying where', async () => {
    await using world = new DirectoryWorld()
    const { services } = servicesOn(await world.start('a'))
    const address = { system: 'test', node: 'n', epoch: 1, id: 1 }
    const bad: readonly (readonly [unknown, string])[] = [
      [null, 'expected an object'],
      [{ version: 2, instances: [] }, 'expected version 1, got 2'],
      [{ version: 1 }, 'expected instances in an array'],
      [{ version: 1, instances: [{ service: 'x' }] }, 'instances[0]: expected a service and the address of an actor'],
      [{ version: 1, instances: [{ service: 'x', address, wieght: 1 }] }, 'did you mean "weight"'],
    ]
    for (const [document, sentence] of bad) await expect(services.import(document)).rejects.toThrow(sentence)
  })
})
