export const KEYS: number
export function contentOf(key: string, number: number): unknown
