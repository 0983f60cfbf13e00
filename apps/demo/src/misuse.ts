/** Something that the user has to put right: shown as one line, and the exit code is 2. */
export class Misuse extends Error {}
