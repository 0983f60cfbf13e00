export { type CassetteOptions, cassetteFixture } from './cassette-fixture.js'
