/** Laws of weights: caps, families, learning and log-odds. */

import type { Random } from '@mabeam/foundation'
import { effectiveCount } from './model-families.ts'
import { drawn, type Law, sequences, sumOf } from './voting-laws.fixture.ts'

const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))

function drawnWeights(random: Random): readonly number[] {
  const scale = drawn(random, [1e-6, 1, 1e9])
  return Array.from({ length: 1 + random.int(8) }, () => (random.int(4) === 0 ? 0 : random.next() ** 4 * scale))
}

/** By definition: the same sum, none above the cap, and all below are stretched alike. */
export const capsByDefinition: Law = ({ cappedWeights }, random) => {
  const weights = drawnWeights(random)
  const shareMax = 0.05 + 0.95 * random.next()
  const total = sumOf(weights)
  if (total === 0) return undefined
  const capped = cappedWeights(weights, shareMax)
  const said = `${weights} at most ${shareMax}: ${capped}`
  const positive = weights.filter((weight) => weight > 0).length
  const cap = Math.max(shareMax, 1 / positive) * total
  if (!near(sumOf(capped) / total, 1)) return `the sum is ${sumOf(capped)}: ${said}`
  if (capped.some((weight) => weight > cap * (1 + 1e-9))) return `above the cap: ${said}`
  const stretches = weights.flatMap((weight, at) => {
    return weight > 0 && (capped[at] ?? 0) < cap * (1 - 1e-9) ? [(capped[at] ?? 0) / weight] : []
  })
  const [stretch = 1] = stretches
  if (stretches.some((one) => !near(one / stretch, 1))) return `not in proportion: ${said}`
  for (const [at, weight] of weights.entries()) {
    const now = capped[at] ?? 0
    if (weight === 0 && now !== 0) return `0 became ${now}: ${said}`
    if (now >= cap * (1 - 1e-9) && weight * stretch < cap * (1 - 1e-6) && stretches.length > 0) return `raised: ${said}`
  }
  const again = cappedWeights(capped, shareMax)
  return again.every((weight, at) => near(weight / total, (capped[at] ?? 0) / total))
    ? undefined
    : `again: ${again}: ${said}`
}

/** A family of `k` equal members weighs as much as its effective number; others weigh what they did. */
export const familiesByDefinition: Law = ({ discountedWeights }, random) => {
  const families = Array.from({ length: 1 + random.int(8) }, () => drawn(random, [undefined, 'a', 'b', '']))
  const correlation = drawn(random, [0, 1, random.next()])
  const discounted = discountedWeights(
    families.map(() => 3),
    families,
    correlation,
  )
  for (const family of new Set(families)) {
    const members = [...families.keys()].filter((at) => families[at] === family)
    const weight = sumOf(members.map((at) => discounted[at] ?? 0))
    const expected = family === undefined ? members.length : effectiveCount(members.length, correlation)
    if (!near(weight, 3 * expected)) return `${families} of ${correlation}: ${family} weighs ${weight}`
  }
  return undefined
}

/** Who follows Hedge loses no more than `√(T ln n / 2)` beyond what the best expert loses, whatever the losses are. */
export const hedgeRegret: Law = ({ hedgeStep }, random) => {
  const [experts, horizon] = [2 + random.int(6), 20 + random.int(100)]
  const rate = Math.sqrt((8 * Math.log(experts)) / horizon)
  const kind = random.int(3)
  let logWeights: readonly number[] = Array.from({ length: experts }, () => 0)
  let mixed = 0
  const lost = Array.from({ length: experts }, () => 0)
  for (let at = 0; at < horizon; at++) {
    const shares = sharesOf(logWeights)
    const best = shares.indexOf(Math.max(...shares))
    const losses = shares.map((_, expert) => {
      if (kind === 0) return random.next()
      // An adversary that hits whom it has come to trust; and experts of different skill.
      return kind === 1 ? Number(expert === best) : Number(random.next() < (expert + 1) / (experts + 1))
    })
    mixed += sumOf(shares.map((share, expert) => share * (losses[expert] ?? 0)))
    for (const [expert, loss] of losses.entries()) lost[expert] = (lost[expert] ?? 0) + loss
    logWeights = hedgeStep(logWeights, losses, { rate, drift: 0 })
  }
  const regret = mixed - Math.min(...lost)
  const bound = Math.sqrt((horizon * Math.log(experts)) / 2)
  return regret <= bound + 1e-9 ? undefined : `regret ${regret} above ${bound}: ${experts} experts, ${horizon} outcomes`
}

/** With a drift, the same against an expert that is replaced by another half-way. */
export const driftRegret: Law = ({ hedgeStep }, random) => {
  const [experts, horizon, drift] = [2 + random.int(5), 60 + random.int(60), 0.02 + random.next() / 20]
  const rate = 0.3 + random.next()
  const half = Math.floor(horizon / 2)
  let logWeights: readonly number[] = Array.from({ length: experts }, () => 0)
  let [mixed, followed] = [0, 0]
  for (let at = 0; at < horizon; at++) {
    const good = at < half ? 0 : 1
    const losses = logWeights.map((_, expert) => (expert === good ? random.next() / 10 : random.next()))
    mixed += sumOf(sharesOf(logWeights).map((share, expert) => share * (losses[expert] ?? 0)))
    followed += losses[good] ?? 0
    logWeights = hedgeStep(logWeights, losses, { rate, drift })
  }
  const path = Math.log(experts) + Math.log(experts / drift) - (horizon - 2) * Math.log(1 - drift)
  const bound = path / rate + (rate * horizon) / 8
  return mixed - followed <= bound ? undefined : `${mixed - followed} above ${bound}`
}

/** Who says nothing keeps its share; shares are a distribution; the largest logarithm is 0. */
export const absentKeepTheirShare: Law = ({ hedgeStep }, random) => {
  const logWeights = Array.from({ length: 2 + random.int(6) }, () => -5 * random.next())
  const losses = logWeights.map(() => (random.int(2) === 0 ? undefined : random.next()))
  const next = hedgeStep(logWeights, losses, { rate: 1 + random.next(), drift: 0 })
  const [before, after] = [sharesOf(logWeights), sharesOf(next)]
  if (!near(sumOf(after), 1) || Math.max(...next) !== 0) return `${next}`
  for (const [at, loss] of losses.entries()) {
    if (loss === undefined && !near(before[at] ?? 0, after[at] ?? 0)) return `${at} of ${losses}: ${before} to ${after}`
  }
  return undefined
}

/** With log-odds weights the heavier side is the likelier one, for every way in which all can vote. */
export const logOddsDecideBest: Law = ({ logOddsWeight }, random) => {
  const rates = Array.from({ length: 1 + random.int(5) }, () => 0.5 + random.next() / 2.001)
  for (const votes of sequences(rates.length, 2)) {
    const lead = sumOf(votes.map((vote, at) => (vote === 1 ? 1 : -1) * logOddsWeight(rates[at] ?? 0.5)))
    const likelihood = (truth: number) => {
      return votes.reduce(
        (product, vote, at) => product * (vote === truth ? (rates[at] ?? 0) : 1 - (rates[at] ?? 0)),
        1,
      )
    }
    const [one, other] = [likelihood(1), likelihood(0)]
    if (Math.abs(one / other - 1) < 1e-6) continue
    if (lead > 0 !== one > other) return `${votes} of ${rates}: ahead by ${lead}, ${one} against ${other}`
  }
  return undefined
}

function sharesOf(logWeights: readonly number[]): readonly number[] {
  const largest = Math.max(...logWeights)
  const weights = logWeights.map((one) => Math.exp(one - largest))
  return weights.map((weight) => weight / sumOf(weights))
}
