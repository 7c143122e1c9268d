export { type AdapterCase, adapterContract } from './adapter-contract.ts'
export { type ScriptedAnswer, type ScriptedModel, scriptedModel, textAnswer } from './scripted-model.ts'
