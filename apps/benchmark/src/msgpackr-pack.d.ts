/** What is used of msgpackr's portable build; its own types of this entry point do not resolve under `nodenext`. */
declare module 'msgpackr/pack' {
  export class Packr {
    constructor(options: { readonly useRecords: boolean })
    pack(value: unknown): Buffer
    unpack(source: Uint8Array, range: { readonly start: number; readonly end: number }): unknown
  }
}
