/** Learns the tasks of prompts one after another, and remembers what they share: texts, instructions, demonstrations. */

import type { Demonstration } from './demonstrations.ts'
import { InstructionLesson, type TaughtValues } from './instruction-lesson.ts'
import { type LearnedTask, learnTask } from './learned-task.ts'
import { Lexicon, lexiconMax } from './lexicon.ts'
import type { OutputField } from './output-fields.ts'
import type { TaskReading } from './prompt-reading.ts'
import { ReadDemonstration } from './read-demonstration.ts'
import type { FeatureSet } from './sizes.ts'
import { TextMemory } from './text-memory.ts'

/** Lessons of one instruction that differ by their fields. */
const lessonsMax = 8

/** Instructions that are remembered. */
const instructionsMax = 256

/** Learns for one size of the model. What it remembers changes no answer. */
export class Learner {
  readonly #features: FeatureSet
  readonly #lexiconMax: number
  #shared: SharedKnowledge

  constructor(features: FeatureSet, max = lexiconMax) {
    this.#features = features
    this.#lexiconMax = max
    this.#shared = this.#begin()
  }

  /** Learns a task from its reading. */
  learn(reading: Pick<TaskReading, 'source' | 'fields'>): LearnedTask {
    this.#shared.lexicon.settle()
    if (!this.#shared.lexicon.isOpen) this.#shared = this.#begin()
    const { lesson, taught } = this.#shared.lessonFor(reading)
    const demonstrations = reading.source.demonstrations.map((one) => this.#shared.read(one))
    return learnTask(reading, { lesson, taught, demonstrations })
  }

  #begin(): SharedKnowledge {
    return new SharedKnowledge(new Lexicon(this.#features, this.#lexiconMax))
  }
}

interface Lesson {
  readonly lesson: InstructionLesson
  readonly taught: ReadonlyMap<OutputField, TaughtValues>
}

/** What prompts that are read with one lexicon share. */
class SharedKnowledge {
  readonly lexicon: Lexicon
  readonly #demonstrations = new WeakMap<Demonstration, ReadDemonstration>()
  readonly #lessons = new TextMemory<{ newestFirst: readonly InstructionLesson[] }>({ textsMax: instructionsMax })

  constructor(lexicon: Lexicon) {
    this.lexicon = lexicon
  }

  read(demonstration: Demonstration): ReadDemonstration {
    let read = this.#demonstrations.get(demonstration)
    if (read === undefined) {
      read = new ReadDemonstration(demonstration, this.lexicon)
      this.#demonstrations.set(demonstration, read)
    }
    return read
  }

  lessonFor({ source, fields }: Pick<TaskReading, 'source' | 'fields'>): Lesson {
    const known = this.#lessons.recall(source.instruction, () => ({ newestFirst: [] }))
    for (const lesson of known.newestFirst) {
      const taught = lesson.about(fields)
      if (taught !== undefined) return { lesson, taught }
    }
    const lesson = new InstructionLesson(this.lexicon, fields, source.instruction)
    known.newestFirst = [lesson, ...known.newestFirst].slice(0, lessonsMax)
    return { lesson, taught: lesson.about(fields) as Lesson['taught'] }
  }
}
