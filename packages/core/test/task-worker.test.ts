import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { defineTask, type Run, TaskWorker } from '../src/index.js'
import { granaryError } from './expectations.js'
import { settled } from './stores.js'
import { Document, Plain, Score, Summary, summarize } from './workers.js'

const doc = Document({ path: 'a', text: 'a long text' })

describe('a worker', () => {
  it('G1: gives what it published, in the order of publishing', async () => {
    const outputs = await new Plain().run(doc)
    expect(outputs.map(({ $type }) => $type)).toEqual(['summary', 'score'])
    expect(outputs.map((output) => ({ ...output }))).toEqual([{ text: 'a lon' }, { value: 11 }])
    expectTypeOf(outputs).toEqualTypeOf<readonly (Summary | Score)[]>()
  })

  it('gives all outputs or none: none where the work fails', async () => {
    const worker = new Plain(async (task, run) => {
      await summarize(task, run)
      throw new Error('after publishing')
    })
    await expect(worker.run(doc)).rejects.toThrow('after publishing')
  })

  it('may publish nothing', async () => {
    expect(await new Plain(() => {}).run(doc)).toEqual([])
  })

  it('never mixes runs that go on at the same time', async () => {
    const worker = new Plain(async (task, run) => {
      for (let part = 0; part < 5; part++) {
        run.publishWork(Summary({ text: `${task.path}${part}` }))
        await settled()
      }
    })
    const paths = ['a', 'b', 'c', 'd']
    const results = await Promise.all(paths.map((path) => worker.run(Document({ path, text: '' }))))
    expect(results.map((outputs) => outputs.map((output) => 'text' in output && output.text))).toEqual(
      paths.map((path) => [0, 1, 2, 3, 4].map((part) => `${path}${part}`)),
    )
  })

  it('refuses to publish a task of a type that it does not declare', async () => {
    const Other = defineTask('other', z.object({}))
    const worker = new Plain((_, run) => run.publishWork(Other({}) as never))
    await expect(worker.run(doc)).rejects.toThrow(
      granaryError(
        'UNDECLARED_OUTPUT',
        /^worker plain published a task of type other, and declares outputs of summary, score: add it/,
      ),
    )
    const plain = new Plain((_, run) => run.publishWork({ text: 'x' } as never))
    await expect(plain.run(doc)).rejects.toThrow(granaryError('UNDECLARED_OUTPUT', /published what is no task/))
  })

  it('refuses to publish after the run has ended, and says to await', async () => {
    let published: unknown
    const worker = new Plain((_, run) => {
      setImmediate(() => {
        try {
          run.publishWork(Summary({ text: 'late' }))
        } catch (error) {
          published = error
        }
      })
    })
    expect(await worker.run(doc)).toEqual([])
    await settled()
    expect(published).toMatchObject({ code: 'RUN_ENDED', message: expect.stringMatching(/await everything/) })
  })

  it('refuses to publish after a run that failed', async () => {
    let kept: Run<Summary | Score> | undefined
    const worker = new Plain((_, run) => {
      kept = run
      throw new Error('failed')
    })
    await expect(worker.run(doc)).rejects.toThrow('failed')
    expect(() => kept?.publishWork(Summary({ text: 'late' }))).toThrow(granaryError('RUN_ENDED'))
  })

  it('refuses a task of another type', async () => {
    for (const other of [Summary({ text: 'x' }), { path: 'a', text: 'b' }, undefined])
      await expect(new Plain().run(other as never)).rejects.toThrow(
        granaryError('INVALID_TASK', /^worker plain consumes document tasks: make one with its task type/),
      )
  })

  it.each(['', undefined, 7])('without a name (%o) gets a clear error', async (name) => {
    class Nameless extends Plain {
      override readonly name = name as string
    }
    await expect(new Nameless().run(doc)).rejects.toThrow(
      granaryError('INVALID_OPTION', /a worker needs a name of its own: readonly name = 'summarize'/),
    )
  })
})

describe('a run', () => {
  it('takes back no output that was published: they are frozen', async () => {
    const outputs = (await new Plain().run(doc)) as unknown[]
    expect(() => outputs.pop()).toThrow(TypeError)
  })

  it('knows how long it has been going', async () => {
    let elapsed = -1
    await new Plain(async (_, run) => {
      await settled()
      elapsed = run.elapsedMs
    }).run(doc)
    expect(elapsed).toBeGreaterThanOrEqual(0)
  })

  it('takes ttl, cost and tags, which mean nothing without a cache', async () => {
    const seen: unknown[] = []
    await new Plain((_, run) => {
      run.ttl = '1h'
      run.cost = 3
      run.tag('t')
      seen.push(run.ttl, run.cost)
      expect(() => run.tag('')).toThrow(granaryError('INVALID_KEY'))
    }).run(doc)
    expect(seen).toEqual(['1h', 3])
  })
})

describe('an abort', () => {
  it('B13: before the run begins does no work', async () => {
    let runs = 0
    const worker = new Plain(() => {
      runs++
    })
    await expect(worker.run(doc, { signal: AbortSignal.abort('before') })).rejects.toBe('before')
    expect(runs).toBe(0)
  })

  it('B13: reaches the work by run.signal', async () => {
    const caller = new AbortController()
    let reason: unknown
    const running = new Plain(async (_, run) => {
      await settled()
      reason = run.signal.reason
    }).run(doc, caller)
    running.catch(() => {})
    caller.abort('gone')
    await settled()
    await settled()
    expect(reason).toBe('gone')
  })

  it('B13: ends the caller’s wait, with the signal’s reason', async () => {
    const caller = new AbortController()
    const running = new Plain(() => new Promise(() => {})).run(doc, { signal: caller.signal })
    let outcome: unknown = 'still waiting'
    running.catch((error) => {
      outcome = error
    })
    caller.abort('gone')
    await settled()
    expect(outcome).toBe('gone')
  })
})

describe('types', () => {
  it('of what a run publishes are those that the worker declares', async () => {
    class Typed extends TaskWorker<Document, Summary> {
      readonly name = 'typed'
      readonly inputType = Document
      readonly outputTypes = [Summary]
      consumeWork(task: Document, run: Run<Summary>) {
        expectTypeOf(task.text).toEqualTypeOf<string>()
        // @ts-expect-error a score is not declared
        run.publishWork(Score({ value: 1 }))
      }
    }
    // @ts-expect-error a summary is not what it consumes
    await expect(new Typed().run(Summary({ text: 'x' }))).rejects.toThrow(granaryError('INVALID_TASK'))
  })
})
