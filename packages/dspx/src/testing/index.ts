export { type AdapterCase, type AdapterContractOptions, adapterContract } from './adapter-contract.ts'
export { messageText } from './message-text.ts'
export { type ScriptedAnswer, type ScriptedModel, scriptedModel, textAnswer } from './scripted-model.ts'
export { type TeleprompterCase, teleprompterContract } from './teleprompter-contract.ts'
