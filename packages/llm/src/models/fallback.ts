import { type Answer, type AnswerPart, identityOf, type Model, type ModelCall, type ModelRequest } from '../model.js'

/**
 * A model that asks the next one where one fails. Its answers say who gave them, and are kept as that one's.
 *
 * @param others in the order in which they are asked
 */
export function fallback(first: Model, ...others: readonly Model[]): Model {
  const models = [first, ...others]
  const by = (model: Model, answer: Answer): Answer => (model === first ? answer : { ...answer, by: identityOf(model) })
  return {
    ...identityOf(first),
    fallsBack: true,
    async generate(request: ModelRequest, call: ModelCall = {}): Promise<Answer> {
      let failure: unknown
      for (const model of models) {
        try {
          return by(model, await model.generate(request, call))
        } catch (error) {
          if (call.signal?.aborted) throw error
          failure = error
        }
      }
      throw failure
    },
    async *stream(request: ModelRequest, call: ModelCall = {}): AsyncGenerator<AnswerPart> {
      let failure: unknown
      for (const model of models) {
        let begun = false
        try {
          for await (const part of model.stream(request, call)) {
            begun = true
            yield part.type === 'end' ? { type: 'end', answer: by(model, part.answer) } : part
          }
          return
        } catch (error) {
          // What was said cannot be taken back.
          if (begun || call.signal?.aborted) throw error
          failure = error
        }
      }
      throw failure
    },
  }
}
