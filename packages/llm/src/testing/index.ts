export type { Received, Reply } from './reply.js'
export { ScriptedServer } from './scripted-server.js'
