export declare function say(message: unknown): void
export declare function told(): AsyncIterable<unknown>
export declare function sharedNow(): number
export declare function pause(ms: number): Promise<void>
