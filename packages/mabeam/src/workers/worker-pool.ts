/** The workers of a study: supervised actors on this process's node, and the keeper of their answers. */

import type { EvaluatedExample, ProgramState } from '@mabeam/dspx'
import { type ActorRef, type Clock, type Random, retry, seededRandom, startNode } from '@mabeam/foundation'
import { AnswerKeeper } from './answer-keeper.ts'
import { type RowRange, TrialWorker, type WorkerSetup } from './trial-worker.ts'
