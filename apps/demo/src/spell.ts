const LANGUAGES = new Intl.DisplayNames('en', { type: 'language' })
const NUMBERS = new Intl.NumberFormat('en')

/** How values are put into words. */
export const spell = {
  count: (count: number, one: string, many = `${one}s`): string =>
    `${NUMBERS.format(count)} ${count === 1 ? one : many}`,
  language: (code: string): string => (code === 'und' ? 'too short to tell' : (LANGUAGES.of(code) ?? code)),
  money: (dollars: number): string => `$${dollars.toFixed(dollars === 0 || dollars >= 1 ? 2 : 5)}`,
  number: (value: number): string => NUMBERS.format(value),
  /** Of a read: milliseconds and less. */
  shortTime: (ms: number): string => (ms < 1 ? `${Math.round(ms * 1_000)} µs` : `${ms.toFixed(1)} ms`),
  size: (bytes: number): string =>
    bytes < 1_024
      ? `${bytes} B`
      : bytes < 1_024 ** 2
        ? `${(bytes / 1_024).toFixed(0)} KB`
        : `${(bytes / 1_024 ** 2).toFixed(1)} MB`,
  time: (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`),
}
