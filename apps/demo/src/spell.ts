const LANGUAGES = new Intl.DisplayNames('en', { type: 'language' })
const NUMBERS = new Intl.NumberFormat('en')

/** How values are put into words. */
export const spell = {
  count: (count: number, one: string, many = `${one}s`): string =>
    `${NUMBERS.format(count)} ${count === 1 ? one : many}`,
  language: (code: string): string => (code === 'und' ? 'too short to tell' : (LANGUAGES.of(code) ?? code)),
  money: (dollars: number): string => `$${dollars.toFixed(dollars === 0 || dollars >= 1 ? 2 : 5)}`,
  time: (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`),
}
