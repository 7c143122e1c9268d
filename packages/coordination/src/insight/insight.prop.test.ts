import { describe, expect, test } from 'vitest'
import { agentRecords } from './agent-record.ts'
import { giniIndex, jainIndex } from './concentration.ts'
import { decisionQuality } from './decision-quality.ts'
import { figureLaws, type TestedFigures } from './insight-laws.fixture.ts'
import { type SessionFacts, sessionFacts } from './session-facts.ts'

const worlds = 150
const sound: TestedFigures = {
  jain: jainIndex,
  gini: giniIndex,
  facts: sessionFacts,
  records: agentRecords,
  quality: decisionQuality,
}

const factsBut = (more: (facts: SessionFacts) => Partial<SessionFacts>): Partial<TestedFigures> => ({
  facts: (report) => {
    const facts = sessionFacts(report)
    return { ...facts, ...more(facts) }
  },
})

const plantedBugs: { readonly [bug: string]: Partial<TestedFigures> } = {
  'Jain’s index without the number of agents': {
    jain: (xs) => Math.min(1, xs.reduce((sum, x) => sum + x, 0) ** 2 / xs.reduce((sum, x) => sum + x * x, 0)),
  },
  'Jain’s index with squares that overflow': {
    jain: (xs) => xs.reduce((sum, x) => sum + x, 0) ** 2 / (xs.length * xs.reduce((sum, x) => sum + x * x, 0) || 1),
  },
  'a Gini coefficient that does not sort': {
    gini: (xs) => {
      const sum = xs.reduce((all, x) => all + x, 0)
      const ranked = xs.reduce((all, x, at) => all + (2 * (at + 1) - xs.length - 1) * x, 0)
      return sum === 0 ? 0 : Math.max(0, ranked / (xs.length * sum))
    },
  },
  'a Gini coefficient that is right for samples, and above its range': {
    gini: (xs) => (giniIndex(xs) * xs.length) / Math.max(1, xs.length - 1),
  },
  'the largest share in place of the Gini coefficient': {
    gini: (xs) => {
      const sum = xs.reduce((all, x) => all + x, 0)
      return sum === 0 ? 0 : Math.max(...xs) / sum - 1 / xs.length
    },
  },
  'undecided votes that count as decisions': factsBut(({ votes }) => ({ isResolved: votes.length > 0 })),
  'influence of a whole decision for each': {
    records: (all, truths) => agentRecords(all, truths).map((one) => ({ ...one, influence: Math.ceil(one.influence) })),
  },
  'payments summed as binary floats': {
    records: (all, truths) =>
      agentRecords(all, truths).map((one) => ({ ...one, paid: BigInt(Math.fround(Number(one.paid))).toString() })),
  },
  'who sold nothing is paid': factsBut(({ settlements }) => ({ settlements: settlements.slice(1) })),
  'failed sessions that count as ended': {
    quality: (all, truths) => {
      const { failed = [] } = Object.groupBy(all, ({ report }) => report.status)
      const quality = decisionQuality(all, truths)
      return { ...quality, resolved: quality.resolved + 2 * failed.length }
    },
  },
  'a truth that is counted for the protocol that asked first': {
    quality: (all, truths) => decisionQuality(all.slice(0, 1), truths),
  },
  'confidence taken for the chance to be wrong': {
    records: (all, truths) =>
      agentRecords(
        all.map((facts) => ({
          ...facts,
          votes: facts.votes.map((vote) => ({ ...vote, confidence: 1 - vote.confidence })),
        })),
        truths,
      ),
  },
}

describe('figures of coordination', () => {
  for (const [name, law] of Object.entries(figureLaws)) {
    test(name, () => {
      for (let seed = 0; seed < worlds; seed++) expect([seed, law(sound, seed)]).toEqual([seed, undefined])
    })
  }

  for (const [bug, planted] of Object.entries(plantedBugs)) {
    test(`a planted bug is found: ${bug}`, () => {
      const tested = { ...sound, ...planted }
      const found = Object.entries(figureLaws).find(([, law]) =>
        Array.from({ length: worlds }, (_, seed) => law(tested, seed)).some((broken) => broken !== undefined),
      )
      expect(found?.[0]).toBeDefined()
    })
  }
})
