import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { type Random, seededRandom } from '../random.ts'
import { type ContractCase, failingCases } from '../testing/index.ts'
import { type BalancedInstance, type BalanceRequest, type Balancer, pickInstance } from './balancer.ts'
import { type BalancerName, balancers } from './balancer-choice.ts'
import { latencyAfter, latencyNow } from './latency-average.ts'

const instance = (id: string, given: Partial<BalancedInstance> = {}): BalancedInstance => ({
  id,
  weight: 1,
  isHealthy: true,
  inFlight: 0,
  latencyMs: 0,
  capabilities: [],
  ...given,
})

const request = (instances: readonly BalancedInstance[], given: Partial<BalanceRequest> = {}): BalanceRequest => ({
  instances,
  turn: 0,
  key: '',
  capabilities: [],
  random: seededRandom(1),
  ...given,
})

function anyInstances(random: Random): BalancedInstance[] {
  return Array.from({ length: 1 + random.int(8) }, (_, i) =>
    instance(`i${i}`, {
      weight: 1 + random.int(4),
      isHealthy: random.int(3) > 0,
      inFlight: random.int(5),
      latencyMs: random.int(100),
      capabilities: ['gpu', 'german', 'long'].filter(() => random.int(2) === 0),
    }),
  )
}

type Pick = typeof pickInstance

/** What picking by any balancer keeps to. */
function pickLaws(pick: Pick, balancer: Balancer): readonly ContractCase[] {
  const law = (name: string, check: (random: Random, instances: BalancedInstance[]) => void): ContractCase => ({
    name,
    async run() {
      for (let seed = 0; seed < 300; seed++) {
        const random = seededRandom(seed)
        check(random, anyInstances(random))
      }
    },
  })
  return [
    law('who is picked is one of those given, and can do what the call needs', (random, instances) => {
      const capabilities = ['gpu', 'german'].filter(() => random.int(2) === 0)
      const picked = pick(
        balancer,
        request(instances, { random, capabilities, turn: random.int(100), key: `${random.int(9)}` }),
      )
      const able = instances.filter((one) => capabilities.every((each) => one.capabilities.includes(each)))
      assert.equal(picked === undefined, able.length === 0)
      if (picked !== undefined) assert.ok(able.includes(picked))
    }),
    law('nobody unhealthy is picked while somebody healthy can do it', (random, instances) => {
      for (let turn = 0; turn < 20; turn++) {
        const picked = pick(balancer, request(instances, { random, turn, key: `${turn}` }))
        assert.ok(picked?.isHealthy || !instances.some((one) => one.isHealthy))
      }
    }),
  ]
}

/** What each balancer keeps to beyond that. */
const laws: { readonly [name in BalancerName]: (balancer: Balancer) => void } = {
  'round-robin': (balancer) => {
    const instances = ['a', 'b', 'c'].map((id) => instance(id))
    const counts = countPicks(balancer, instances, 301)
    assert.deepEqual([...counts.values()].sort(), [100, 100, 101])
  },
  weighted: (balancer) => {
    const instances = [instance('a'), instance('b', { weight: 3 }), instance('c', { weight: 6 })]
    const counts = countPicks(balancer, instances, 20_000)
    for (const one of instances) assertShare(counts.get(one.id), 2_000 * one.weight)
  },
  'least-loaded': (balancer) => {
    for (let seed = 0; seed < 300; seed++) {
      const instances = anyInstances(seededRandom(seed))
      const load = (one: BalancedInstance) => (one.inFlight + 1) / one.weight
      const picked = balancer(request(instances, { random: seededRandom(seed) }))
      assert.equal(load(picked), Math.min(...instances.map(load)))
    }
    const counts = countPicks(
      balancer,
      ['a', 'b', 'c', 'd'].map((id) => instance(id)),
      4_000,
    )
    for (const id of ['a', 'b', 'c', 'd']) assertShare(counts.get(id), 1_000)
  },
  'latency-aware': (balancer) => {
    const equal = ['a', 'b', 'c', 'd'].map((id) => instance(id))
    for (const count of countPicks(balancer, equal, 4_000).values()) assertShare(count, 1_000)
    const slow = [instance('a', { latencyMs: 50 }), instance('b'), instance('c')]
    assert.equal(countPicks(balancer, slow, 1_000).get('a'), undefined, 'the worst of all')
    const busy = [instance('a', { latencyMs: 10, inFlight: 9 }), instance('b', { latencyMs: 20 })]
    assert.equal(countPicks(balancer, busy, 1_000).get('a'), undefined, 'a busy fast one')
    const middle = [instance('a', { latencyMs: 1 }), instance('b', { latencyMs: 2 }), instance('c', { latencyMs: 3 })]
    const counts = countPicks(balancer, middle, 9_000)
    assertShare(counts.get('a'), 6_000)
    assertShare(counts.get('b'), 3_000)
  },
  'consistent-hash': (balancer) => {
    const instances = Array.from({ length: 10 }, (_, i) => instance(`i${i}`))
    const owners = (of: readonly BalancedInstance[]) =>
      Array.from({ length: 5_000 }, (_, key) => balancer(request(of, { key: `k${key}` })).id)
    const before = owners(instances)
    assert.deepEqual(owners([...instances].reverse()), before)
    const without = owners(instances.filter((one) => one.id !== 'i3'))
    for (const [i, owner] of before.entries()) if (owner !== 'i3') assert.equal(without[i], owner)
    const withMore = owners([...instances, instance('i10')])
    for (const [i, owner] of withMore.entries()) if (owner !== 'i10') assert.equal(owner, before[i])
    for (const one of instances) assertShare(before.filter((id) => id === one.id).length, 500)
  },
  'capability-aware': (balancer) => {
    const instances = [
      instance('all', { capabilities: ['gpu', 'german', 'long'] }),
      instance('two', { capabilities: ['gpu', 'german'] }),
      instance('busy', { capabilities: ['gpu', 'long'], inFlight: 3 }),
    ]
    const ask = (capabilities: string[]) => pickInstance(balancer, request(instances, { capabilities }))?.id
    assert.equal(ask(['gpu']), 'two')
    assert.equal(ask(['long']), 'busy')
    assert.equal(ask(['long', 'german']), 'all')
    assert.equal(ask(['french']), undefined)
  },
}

function countPicks(balancer: Balancer, instances: readonly BalancedInstance[], picks: number): Map<string, number> {
  const random = seededRandom(9)
  const counts = new Map<string, number>()
  for (let turn = 0; turn < picks; turn++) {
    const { id } = balancer(request(instances, { turn, random, key: `${turn}` }))
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

function assertShare(got: number | undefined, expected: number): void {
  assert.ok(got !== undefined && Math.abs(got - expected) < expected * 0.15, `got ${got}, expected about ${expected}`)
}

for (const [name, balancer] of Object.entries(balancers) as [BalancerName, Balancer][]) {
  describe(`picking ${name}`, () => {
    for (const one of pickLaws(pickInstance, balancer)) test(one.name, one.run)
    test('it keeps what it promises', () => laws[name](balancer))
  })
}

describe('the laws notice', () => {
  test('an unhealthy one that is picked', async () => {
    const mutant: Pick = (balancer, given) =>
      pickInstance(balancer, { ...given, instances: given.instances.map((one) => ({ ...one, isHealthy: true })) }) &&
      balancer(given)
    expect(await failingCases(pickLaws(mutant, balancers['round-robin']))).not.toEqual([])
  })

  test('capabilities that are not looked at', async () => {
    const mutant: Pick = (balancer, given) => pickInstance(balancer, { ...given, capabilities: [] })
    expect(await failingCases(pickLaws(mutant, balancers.weighted))).not.toEqual([])
  })

  test('a service taken away by its health check', async () => {
    const mutant: Pick = (balancer, given) => {
      const picked = pickInstance(balancer, given)
      return picked?.isHealthy ? picked : undefined
    }
    expect(await failingCases(pickLaws(mutant, balancers.weighted))).not.toEqual([])
  })

  const first: Balancer = ({ instances }) => instances[0] as (typeof instances)[number]
  const worst: Balancer = (given) => {
    const one = balancers['latency-aware'](given)
    return given.instances.find((other) => other.id !== one.id) ?? one
  }
  const modulo: Balancer = ({ instances, key }) => {
    const hash = Math.floor(seededRandom(key).next() * instances.length)
    return instances[hash] as (typeof instances)[number]
  }
  const mutants: readonly (readonly [string, BalancerName, Balancer])[] = [
    ['the first always, for round robin', 'round-robin', first],
    ['chance, for round robin', 'round-robin', balancers.weighted],
    ['weights that are not looked at', 'weighted', balancers['round-robin']],
    [
      'the first of the least loaded',
      'least-loaded',
      (given) => {
        const least = Math.min(...given.instances.map((one) => (one.inFlight + 1) / one.weight))
        return given.instances.find((one) => (one.inFlight + 1) / one.weight === least) ?? first(given)
      },
    ],
    ['load that is not looked at', 'least-loaded', balancers.weighted],
    ['the worse of two', 'latency-aware', worst],
    [
      'calls under way that are not looked at',
      'latency-aware',
      (given) => {
        const instances = given.instances.map((one) => ({ ...one, inFlight: 0 }))
        const { id } = balancers['latency-aware']({ ...given, instances })
        return given.instances.find((one) => one.id === id) ?? first(given)
      },
    ],
    [
      'the best always',
      'latency-aware',
      ({ instances }) => [...instances].sort((a, b) => a.latencyMs - b.latencyMs)[0] as (typeof instances)[number],
    ],
    ['a hash by the remainder', 'consistent-hash', modulo],
    ['the least loaded, for the most special', 'capability-aware', balancers['least-loaded']],
  ]
  for (const [name, of, mutant] of mutants) {
    test(name, () => {
      expect(() => laws[of](mutant)).toThrow()
    })
  }
})

describe('latencyAfter', () => {
  test('bad news are believed at once, good news slowly', () => {
    const slow = latencyAfter(latencyAfter(undefined, 10, 0), 100, 1_000)
    expect(slow.meanMs).toBe(100)
    const better = latencyAfter(slow, 10, 2_000)
    expect(better.meanMs).toBeGreaterThan(50)
    expect(better.meanMs).toBeLessThan(100)
  })

  test('without news an average sinks to half in five seconds', () => {
    expect(latencyNow({ meanMs: 80, atMs: 0 }, 5_000)).toBe(40)
    expect(latencyNow(undefined, 5_000)).toBe(0)
  })
})
