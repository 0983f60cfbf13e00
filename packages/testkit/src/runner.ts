/** The two functions of a test runner that a suite needs: those of Vitest, Jest and `node:test` fit as they are. */
export interface Runner {
  describe(name: string, body: () => void): unknown
  it(name: string, test: () => Promise<void>): unknown
}
