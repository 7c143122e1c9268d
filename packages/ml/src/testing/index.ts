export { executorContract, type MakeExecutor } from './executor-contract.ts'
export { type MemoryJournal, memoryJournal } from './memory-journal.ts'
export { type MakeSampler, samplerContract } from './sampler-contract.ts'
export { type OpenStudy, studyContract } from './study-contract.ts'
