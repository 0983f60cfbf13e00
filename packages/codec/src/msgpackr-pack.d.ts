/** What is used of msgpackr's portable build; its own types of this entry point do not resolve under `nodenext`. */
declare module 'msgpackr/pack' {
  interface Extension {
    readonly type: number
    readonly Class?: new (held: never) => unknown
    readonly write?: (instance: never) => unknown
    /** Takes the value that follows the extension's type. */
    readonly read?: (value: unknown) => unknown
    /** Takes the bytes that follow it. */
    readonly unpack?: (bytes: Uint8Array) => unknown
  }

  interface Options {
    readonly useRecords: boolean
    readonly variableMapSize?: boolean
    readonly moreTypes?: boolean
    readonly useToJSON?: boolean
    readonly mapsAsObjects?: boolean
    readonly copyBuffers?: boolean
    readonly structures?: unknown[]
  }

  export function addExtension(extension: Extension): void

  export class Packr {
    constructor(options: Options)
    pack(value: unknown, mode: number): Uint8Array
    useBuffer(buffer: Uint8Array): void
  }

  export class Unpackr {
    readonly structures: unknown[]
    constructor(options: Options)
    unpack(source: Uint8Array, range: { readonly start: number; readonly end: number }): unknown
  }

  export const RESET_BUFFER_MODE: number
}
