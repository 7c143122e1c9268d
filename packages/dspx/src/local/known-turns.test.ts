import { describe, expect, test } from 'vitest'
import { pairedDemonstrations } from './demonstrations.ts'
import { knownTurns } from './known-turns.ts'
import { PromptMemory } from './prompt-memory.ts'
import { countTokens, tokensPerTurn } from './tokens.ts'
import type { Turn } from './turns.ts'

const turn = (role: Turn['role'], text: string): Turn => ({ role, text })

describe('the turns before the question', () => {
  test('are pairs where an answer follows a question, and all of them cost tokens', () => {
    const turns = [
      turn('system', 'Answer.'),
      turn('assistant', 'Hello!'),
      turn('user', 'never answered'),
      turn('user', 'one?'),
      turn('assistant', 'yes'),
      turn('assistant', 'really'),
      turn('user', 'still open'),
    ]
    const known = knownTurns(turns, new PromptMemory())
    expect(known.pairs.map(({ question, answer }) => [question.text, answer.text])).toEqual([['one?', 'yes']])
    expect(known.system).toEqual(['Answer.'])
    expect(known.tokens).toBe(turns.reduce((sum, { text }) => sum + countTokens(text) + tokensPerTurn, 0))
  })

  test('have the labels that half of those of one role begin a line with, and the names that the system says', () => {
    const turns = [
      turn('system', 'Fill in "Team Name".\nUrgency: how soon'),
      turn('user', 'Mail: a\nBy the way: none'),
      turn('assistant', 'Team: b'),
      turn('user', 'Mail: c'),
      turn('assistant', 'Team: d'),
      turn('user', 'no label'),
      turn('assistant', 'Team: e'),
    ]
    const { userLabels, answerLabels, names } = knownTurns(turns, new PromptMemory())
    expect([...userLabels]).toEqual(['mail'])
    expect([...answerLabels]).toEqual(['team'])
    expect([...names].sort()).toEqual(['mail', 'team', 'teamname', 'urgency'])
  })

  test('are read by what is a label among them, also where a pair was read before among others', () => {
    const pair = [turn('user', 'Note: it burns'), turn('assistant', 'Team: fire')]
    const plain = [turn('user', 'a'), turn('assistant', 'b'), turn('user', 'c'), turn('assistant', 'd')]
    const memory = new PromptMemory()
    const read = (turns: readonly Turn[], known: PromptMemory) =>
      pairedDemonstrations(knownTurns(turns, known), known).at(-1)
    const prompts = [[...plain, ...pair], pair, [...plain, ...pair], pair]
    for (const turns of prompts) expect(read(turns, memory)).toEqual(read(turns, new PromptMemory()))
    expect(read(pair, memory)?.names).toEqual(['Team'])
    expect(read([...plain, ...pair], memory)?.names).toEqual([''])
  })
})
