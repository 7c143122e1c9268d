/** The laws of an actor's move, checked on seeded histories of both sides: also how the tests show that they notice a wrong one. */

import assert from 'node:assert/strict'
import { type ArrivalCommand, type ArrivalEvent, type ArrivalStep, newArrival } from '../migration/arrival-step.ts'
import { type MoveCommand, type MoveEvent, type MoveStep, newMove } from '../migration/move-step.ts'
import type { Random } from '../random.ts'
import { type ContractCase, seededLaws } from './contract-case.ts'

/** The two sides of a move. */
export interface MoveSteps {
  readonly move: MoveStep
  readonly arrival: ArrivalStep
}

/** @example for (const { name, run } of migrationContract({ move: moveStep, arrival: arrivalStep })) test(name, run) */
export function migrationContract(steps: MoveSteps): readonly ContractCase[] {
  const law = seededLaws(2_000, (random) => new World(steps, random))
  return [
    law('without a fault it is there in the end, with what waited, and told to begin', (world) => {
      world.settle()
      assert.deepEqual([world.source.copy, world.target.copy], ['gone', 'open'])
      assert.equal(world.source.outcome, 'done')
      assert.equal(world.target.wasTold, true)
    }),
    law('what can not be loaded there goes on here, and nobody waits for a timeout', (world) => {
      world.canLoad = false
      world.settle()
      assert.deepEqual([world.source.copy, world.target.copy], ['running', 'none'])
      assert.deepEqual([world.source.outcome, world.timeouts], ['failed', 0])
    }),
    law('of the two never both run, whatever is lost, late or given up', (world) => {
      world.live({ crashes: false })
      world.settle()
    }),
    law('while both nodes live one copy runs in the end, and the move has ended', (world) => {
      world.live({ crashes: false })
      world.settle()
      assert.equal(world.running, 1, `${world.running} run`)
      assert.notEqual(world.source.outcome, undefined)
    }),
    law('what waits is sent to where the actor runs, and only after it has loaded', (world) => {
      world.live({ crashes: false })
      world.settle()
      assert.equal(world.source.mail, world.target.copy === 'open' ? 'sent' : 'kept')
    }),
    law('a node that dies in the middle takes the actor along only if it was its own', (world) => {
      world.live({ crashes: true })
      world.settle()
      const { source, target } = world
      assert.ok(world.running <= 1, 'both run')
      if (source.isAlive && !target.isAlive) {
        assert.ok(source.copy === 'running' || target.hadLoaded, 'it left before it had loaded there')
        assert.notEqual(source.copy, 'held', 'it stands still for ever')
      }
      if (target.isAlive && !source.isAlive && target.copy !== 'open') {
        assert.ok(target.copy === 'none', 'it waits for ever')
        assert.ok(!target.hadLoaded || world.isDecidedForSource, 'it had loaded and was not begun')
      }
    }),
    law('a move that failed says so only while it runs on, or somebody else has its name', (world) => {
      world.live({ crashes: false })
      world.settle()
      if (world.source.outcome === 'failed') assert.equal(world.source.copy, 'running')
    }),
  ]
}

/** The record of the name. */
interface Name {
  readonly owner: 'source' | 'target'
  readonly revision: number
}

interface Job {
  readonly what: string
  readonly run: () => void
  /** In its place, where what it sends is lost. */
  readonly lost?: () => void
}

class Source {
  state = newMove
  isAlive = true
  copy: 'running' | 'held' | 'gone' = 'running'
  mail: 'kept' | 'sent' = 'kept'
  outcome: 'done' | 'failed' | undefined
}

class Target {
  state = newArrival
  isAlive = true
  /** Whether an offer has come. */
  isAsked = false
  copy: 'none' | 'loading' | 'loaded' | 'open' = 'none'
  hadName = false
  hadLoaded = false
  wasTold = false
  offered = 0
}

const liveSteps = 40

/** Both sides, the name between them, and what is under way: each thing may come in any order. */
class World {
  readonly history: string[] = []
  readonly source = new Source()
  readonly target = new Target()
  canLoad = true
  timeouts = 0
  readonly #steps: MoveSteps
  readonly #random: Random
  #name: Name = { owner: 'source', revision: 1 }
  /** Who goes on, once that was said. */
  #decided: Name['owner'] | undefined
  #revision = 1
  #jobs: Job[] = []
  #isFaulty = false

  constructor(steps: MoveSteps, random: Random) {
    this.#steps = steps
    this.#random = random
    this.#toSource({ type: 'start' })
  }

  get isDecidedForSource(): boolean {
    return this.#decided === 'source'
  }

  get running(): number {
    const here = this.source.isAlive && this.source.copy === 'running'
    const there = this.target.isAlive && this.target.copy === 'open'
    return Number(here) + Number(there)
  }

  /** Things happen in any order, are lost and late; nodes die where they may. */
  live({ crashes }: { readonly crashes: boolean }): void {
    this.#isFaulty = true
    for (let left = liveSteps; left > 0; left--) {
      const chance = this.#random.int(crashes ? 12 : 11)
      if (chance === 11) this.#crash()
      else if (chance === 10) this.#note('given up', () => this.#toSource({ type: 'failed', thrown: 'given up' }))
      else this.#runOne(this.#random.int(Math.max(1, this.#jobs.length)), chance < 3)
    }
    this.#isFaulty = false
  }

  /** All that is under way comes, in order. */
  settle(): void {
    for (let left = 1_000; ; left--) {
      assert.ok(left > 0, 'it goes on for ever')
      if (this.#jobs.length > 0) this.#runOne(0, false)
      else if (this.source.isAlive && this.source.state.phase === 'offering')
        this.#note('timeout', () => this.#lateAnswer())
      else return
    }
  }

  #runOne(index: number, isLost: boolean): void {
    const [job] = this.#jobs.splice(index, 1)
    if (job === undefined) return
    if (isLost && job.lost !== undefined) this.#note(`${job.what} is lost`, job.lost)
    else this.#note(job.what, job.run)
  }

  #note(what: string, run: () => void): void {
    this.history.push(what)
    run()
    assert.ok(this.running <= 1, 'two run at once')
  }

  #crash(): void {
    if (this.#random.int(2) === 0) {
      this.source.isAlive = false
      this.history.push('source dies')
    } else {
      this.target.isAlive = false
      this.history.push('target dies')
    }
  }

  #later(what: string, run: () => void, lost?: () => void): void {
    this.#jobs.push({ what, run, ...(lost !== undefined && { lost }) })
  }

  #toSource(event: MoveEvent): void {
    if (!this.source.isAlive) return
    const [state, commands] = this.#steps.move(this.source.state, event)
    this.source.state = state
    for (const command of commands) this.#bySource(command)
  }

  #toTarget(event: ArrivalEvent): void {
    if (!this.target.isAlive || !this.target.isAsked) return
    if (event.type === 'told') this.target.wasTold = true
    const [state, commands] = this.#steps.arrival(this.target.state, event)
    this.target.state = state
    for (const command of commands) this.#byTarget(command)
  }

  #bySource(command: MoveCommand): void {
    const { source, target } = this
    const failed = () => this.#toSource({ type: 'failed', thrown: 'no answer' })
    this.history.push(`source: ${command.type}`)
    switch (command.type) {
      case 'target-ask':
        this.#later('question', () => (target.isAlive ? this.#toSource({ type: 'accepted' }) : failed()), failed)
        break
      case 'actor-hold':
        this.#later('hold', () => {
          // Given up meanwhile, it is let go at once.
          if (source.outcome !== undefined) return
          source.copy = 'held'
          this.#toSource({ type: 'held' })
        })
        break
      case 'snapshot-store':
        this.#later('store', () => this.#toSource({ type: 'stored' }), failed)
        break
      case 'target-offer':
        this.#offer(this.#name)
        break
      case 'name-take-back':
        this.#takeBack()
        break
      case 'wait':
        this.#later('wait of source', () => this.#toSource({ type: 'due' }))
        break
      case 'actor-release':
        assert.notEqual(source.copy, 'gone', 'what has left goes on')
        source.copy = 'running'
        break
      case 'actor-leave':
        assert.ok(command.to === 'nobody' || target.hadLoaded, 'what waited was sent before it had loaded')
        assert.equal(source.copy, 'held', 'it left without standing still')
        source.copy = 'gone'
        source.mail = 'sent'
        break
      case 'target-open':
        this.#open()
        break
      case 'snapshot-drop':
        break
      case 'move-done':
      case 'move-failed':
        assert.equal(source.outcome, undefined, 'it ended twice')
        source.outcome = command.type === 'move-done' ? 'done' : 'failed'
    }
  }

  #byTarget(command: ArrivalCommand): void {
    const { target } = this
    this.history.push(`target: ${command.type}`)
    switch (command.type) {
      case 'name-claim':
        this.#claim()
        break
      case 'name-settle':
        this.#settle()
        break
      case 'actor-load':
        assert.ok(target.hadName, 'it was loaded before the name was its own')
        target.copy = 'loading'
        this.#later(
          'load',
          () => {
            if (target.copy !== 'loading') return
            if (!this.canLoad) return this.#toTarget({ type: 'failed', thrown: 'load' })
            target.copy = 'loaded'
            target.hadLoaded = true
            this.#toTarget({ type: 'loaded' })
          },
          () => this.#toTarget({ type: 'failed', thrown: 'load' }),
        )
        break
      case 'source-answer':
        this.#later(
          'answer',
          () => this.#toSource({ type: 'ready' }),
          () => this.#timeOut(),
        )
        break
      case 'source-refuse':
        this.#later(
          'refusal',
          () => this.#timeOut(),
          () => this.#timeOut(),
        )
        break
      case 'wait-told':
      case 'wait-again':
        this.#later('wait of target', () => this.#toTarget({ type: 'due' }))
        break
      case 'actor-open':
        assert.equal(target.copy, 'loaded', 'it was begun before it had loaded')
        target.copy = 'open'
        break
      case 'actor-drop':
        target.copy = 'none'
    }
  }

  #lateAnswer(): void {
    this.timeouts++
    this.#timeOut()
  }

  /** The other side has not answered in time, or said no. */
  #timeOut(): void {
    this.#toSource({ type: 'failed', thrown: 'no answer' })
  }

  #offer({ revision }: Name): void {
    const arrive = () => {
      if (!this.target.isAlive) return this.#timeOut()
      this.target.isAsked = true
      this.target.offered = revision
      this.#toTarget({ type: 'start' })
    }
    this.#later('offer', arrive, () => this.#timeOut())
  }

  #open(): void {
    const tell = () => {
      if (!this.target.isAlive) return this.#toSource({ type: 'unopened' })
      this.#toTarget({ type: 'told' })
      this.#later(
        'thanks',
        () => this.#toSource({ type: 'opened' }),
        () => this.#toSource({ type: 'unopened' }),
      )
    }
    this.#later('telling', tell, () => this.#toSource({ type: 'unopened' }))
  }

  /** It decides, then writes the name by the revision it read; answers may be lost, and writes may come late. */
  #takeBack(): void {
    const answer = (owner: Extract<MoveEvent, { type: 'taken-back' }>['owner']) => {
      this.#later('answer of the engine', () => this.#toSource({ type: 'taken-back', owner }))
    }
    const rewrite = () => {
      const { revision } = this.#name
      this.#writeLate(
        'take back',
        () => {
          if (this.#name.revision !== revision) return rewrite()
          this.#set('source')
          answer('self')
        },
        () => answer('unknown'),
      )
    }
    const decide = () => {
      this.#decided ??= 'source'
      if (this.#decided === 'target') answer('target')
      else rewrite()
    }
    this.#writeLate('decide for the source', decide, () => answer('unknown'))
  }

  #settle(): void {
    const answer = (outcome: 'done' | 'refused' | 'unknown') => {
      this.#later('answer of the engine', () => this.#toTarget({ type: 'written', outcome }))
    }
    const decide = () => {
      this.#decided ??= 'target'
      answer(this.#decided === 'target' ? 'done' : 'refused')
    }
    this.#writeLate('decide for the target', decide, () => answer('unknown'))
  }

  #claim(): void {
    const name = this.#name
    const answer = (outcome: 'done' | 'refused' | 'unknown') => {
      this.#later('answer of the engine', () => this.#toTarget({ type: 'written', outcome }))
    }
    const isOffered = name.owner === 'source' && name.revision === this.target.offered
    if (!isOffered && name.owner !== 'target') return void answer('refused')
    this.#writeLate(
      'claim',
      () => {
        // It reads again, and decides anew.
        if (this.#name.revision !== name.revision) return this.#claim()
        this.#set('target')
        answer('done')
      },
      () => answer('unknown'),
    )
  }

  #writeLate(what: string, write: () => void, unknown: () => void): void {
    const isLate = this.#isFaulty && this.#random.int(3) === 0
    if (!isLate) return void this.#later(what, write, unknown)
    // Its answer is lost, and it is done whenever it comes.
    unknown()
    this.#later(`${what}, late`, () => {
      const before = this.#jobs.length
      write()
      // Nobody hears of it.
      this.#jobs.splice(before)
    })
  }

  #set(owner: Name['owner']): void {
    const isLost = this.#name.owner === 'target' && owner === 'source'
    this.#revision++
    this.#name = { owner, revision: this.#revision }
    this.target.hadName ||= owner === 'target'
    if (isLost) this.#later('news of the name', () => this.#toTarget({ type: 'lost' }))
  }
}
