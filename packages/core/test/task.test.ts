import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { defineTask, type StandardSchema, type Task, type TaskOf, type TaskWith } from '../src/index.js'
import { granaryError } from './expectations.js'

const Document = defineTask(
  'document',
  z.object({ path: z.string(), options: z.object({ depth: z.number() }).optional() }),
)
type Document = TaskOf<typeof Document>

describe('defineTask', () => {
  it('makes a task whose own properties are its validated data', () => {
    const task = Document({ path: 'a.md', options: { depth: 2 } })
    expect({ ...task }).toEqual({ path: 'a.md', options: { depth: 2 } })
    expect(Object.keys(task)).toEqual(['path', 'options'])
    expect(task.$type).toBe('document')
    expect(Document.type).toBe('document')
  })

  it('knows its own tasks, and no others', () => {
    const Same = defineTask('document', z.object({ path: z.string() }))
    expect(Document.is(Document({ path: 'a' }))).toBe(true)
    for (const other of [Same({ path: 'a' }), { path: 'a' }, { $type: 'document', path: 'a' }, null, undefined, 'a'])
      expect(Document.is(other)).toBe(false)
  })

  it('fault 21: makes tasks that cannot be changed', () => {
    const task = Document({ path: 'a', options: { depth: 1 } }) as { path: string; options: { depth: number } }
    expect(() => Object.assign(task, { path: 'b' })).toThrow(TypeError)
    expect(() => Object.assign(task, { added: 1 })).toThrow(TypeError)
    expect(() => task.options.depth++).toThrow(TypeError)
    expect(() => Object.assign(task, { $type: 'x' })).toThrow(TypeError)
  })

  it('a task does not change with what it was made from', () => {
    const Photo = defineTask('photo', z.object({ taken: z.date(), bytes: z.instanceof(Uint8Array) }))
    const [taken, bytes] = [new Date(0), Uint8Array.of(1)]
    const task = Photo({ taken, bytes })
    taken.setTime(5)
    bytes[0] = 9
    expect([task.taken, task.bytes]).toEqual([new Date(0), Uint8Array.of(1)])
  })

  it('leaves unfrozen what it was made from, where the schema makes a copy', () => {
    const input = { path: 'a', options: { depth: 1 } }
    Document(input)
    expect(Object.isFrozen(input)).toBe(false)
  })

  it.each<[string, unknown, RegExp]>([
    ['wrong data', { path: 7 }, /^document task: task\.path: .*string/],
    ['wrong data deep within', { path: 'a', options: { depth: 'x' } }, /task\.options\.depth: .*number/],
    ['several faults', { options: {} }, /task\.path: .*; task\.options\.depth: /],
    ['no data', undefined, /^document task: task: /],
  ])('refuses %s with INVALID_TASK and its path', (_, input, message) => {
    expect(() => Document(input as never)).toThrow(granaryError('INVALID_TASK', message))
  })

  it.each<[string, unknown, RegExp]>([
    ['a function', { options: { onDone() {} } }, /^any task: task\.options\.onDone is a function/],
    ['a class instance', { url: new URL('https://a.example') }, /^any task: task\.url is an instance of URL/],
    ['an AbortSignal', { signal: AbortSignal.abort() }, /^any task: task\.signal is an instance of AbortSignal/],
    ['a string', 'text', /^any task: its data must be a plain object/],
    ['an array', [1], /its data must be a plain object/],
    ['null', null, /its data must be a plain object/],
    ['a Map', new Map(), /its data must be a plain object/],
    ['a Date', new Date(0), /its data must be a plain object/],
    ['a property $type', { $type: 'other' }, /without properties \$type/],
    ['a property __proto__', JSON.parse('{"__proto__":{"x":1}}'), /without properties \$type/],
  ])('refuses %s in a task with INVALID_TASK', (_, input, message) => {
    const Anything = defineTask('any', z.any())
    expect(() => Anything(input)).toThrow(granaryError('INVALID_TASK', message))
  })

  it('refuses a schema that validates asynchronously', () => {
    const Slow = defineTask('slow', z.object({ a: z.string().refine(async () => true) }))
    expect(() => Slow({ a: 'x' })).toThrow(
      granaryError('INVALID_TASK', /asynchronously; give one that answers at once/),
    )
  })

  it('fault 6: refuses an asynchronous schema that fails, without an unhandled rejection', () => {
    const failing: StandardSchema<{ a: string }> = {
      '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('in the schema')) },
    }
    expect(() => defineTask('slow', failing)({ a: 'x' })).toThrow(granaryError('INVALID_TASK'))
  })

  it.each(['', '\ud800', 'x'.repeat(1_025), undefined])('refuses %o as the name of a type', (name) => {
    expect(() => defineTask(name as string, z.object({}))).toThrow(granaryError('INVALID_KEY', /^a name is/))
  })

  it('takes data without a prototype, and without properties', () => {
    expect({ ...defineTask('any', z.any())(Object.assign(Object.create(null), { a: 1 })) }).toEqual({ a: 1 })
    expect({ ...defineTask('empty', z.object({}))({}) }).toEqual({})
  })
})

describe('the stored form of a task', () => {
  const roundTrip = <T extends { toStored(task: Task): unknown; fromStored(stored: unknown): Task | undefined }>(
    type: T,
    task: Task,
  ) => type.fromStored(structuredClone(type.toStored(task)))

  it('is its data, from which the same task is made again', () => {
    const task = Document({ path: 'a', options: { depth: 1 } })
    expect(Document.toStored(task)).toEqual({ path: 'a', options: { depth: 1 } })
    const again = roundTrip(Document, task)
    expect(Document.is(again)).toBe(true)
    expect({ ...again }).toEqual({ ...task })
    expect(Object.isFrozen(again)).toBe(true)
  })

  it('is what the task was made from where the schema transforms, so that nothing is transformed twice', () => {
    const Doubled = defineTask('doubled', z.object({ n: z.number().transform((n) => n * 2) }))
    const Parsed = defineTask('parsed', z.object({ n: z.string().transform(Number) }))
    expect({ ...Doubled({ n: 2 }) }).toEqual({ n: 4 })
    expect(Doubled.toStored(Doubled({ n: 2 }))).toEqual({ n: 2 })
    expect({ ...roundTrip(Doubled, Doubled({ n: 2 })) }).toEqual({ n: 4 })
    expect({ ...roundTrip(Doubled, roundTrip(Doubled, Doubled({ n: 2 })) as Task) }).toEqual({ n: 4 })
    expect({ ...roundTrip(Parsed, Parsed({ n: '7' })) }).toEqual({ n: 7 })
  })

  it('keeps what a schema adds of itself', () => {
    let count = 0
    const Stamped = defineTask('stamped', z.object({ id: z.number().default(() => ++count) }))
    const task = Stamped({})
    expect({ ...roundTrip(Stamped, task) }).toEqual({ ...task })
    expect(count).toBe(1)
  })

  it('is refused where the schema never gives the same data again', () => {
    let count = 0
    const Random = defineTask('random', z.object({ a: z.string().transform((a) => `${a}${++count}`) }))
    expect(() => Random.toStored(Random({ a: 'x' }))).toThrow(
      granaryError('UNSUPPORTED_VALUE', /does not give the same data a second time/),
    )
  })

  it('that does not fit the schema any more gives no task', () => {
    expect(Document.fromStored({ path: 7 })).toBeUndefined()
    expect(Document.fromStored(undefined)).toBeUndefined()
  })

  it('fault 22: keeps what JSON does not know', () => {
    const Any = defineTask('any', z.any())
    const data = {
      at: new Date(5),
      big: 2n,
      map: new Map([['a', new Set([-0])]]),
      none: undefined,
      bytes: Uint8Array.of(1),
    }
    expect({ ...roundTrip(Any, Any(data)) }).toEqual(data)
  })
})

describe('types', () => {
  it('are inferred from the schema: input for making, output for having', () => {
    const Parsed = defineTask('parsed', z.object({ n: z.string().transform(Number), tag: z.string().default('none') }))
    type Parsed = TaskOf<typeof Parsed>
    expectTypeOf(Parsed).parameter(0).toEqualTypeOf<{ n: string; tag?: string | undefined }>()
    expectTypeOf<Parsed['n']>().toEqualTypeOf<number>()
    expectTypeOf<Parsed['tag']>().toEqualTypeOf<string>()
    expectTypeOf<Parsed['$type']>().toEqualTypeOf<'parsed'>()
    expectTypeOf<Parsed>().toEqualTypeOf<TaskWith<'parsed', { n: number; tag: string }>>()
  })

  it('tell the tasks of a union apart', () => {
    const Other = defineTask('other', z.object({ size: z.number() }))
    const task = Document({ path: 'a' }) as Document | TaskOf<typeof Other>
    if (task.$type === 'document') expectTypeOf(task).toEqualTypeOf<Document>()
    else expectTypeOf(task.size).toEqualTypeOf<number>()
    const value: unknown = task
    if (Document.is(value)) expectTypeOf(value.path).toEqualTypeOf<string>()
  })

  it('are read-only, and not those of plain data', () => {
    const change = (task: Document) => {
      // @ts-expect-error a task does not change
      task.path = 'b'
    }
    expect(() => change(Document({ path: 'a' }))).toThrow(TypeError)
    // @ts-expect-error plain data is no task
    const none: Document = { path: 'a', $type: 'document' }
    expect(Document.is(none)).toBe(false)
  })

  it('refuse a schema whose output is no object', () => {
    // @ts-expect-error a task's data is an object
    expect(() => defineTask('text', z.string())('a')).toThrow(granaryError('INVALID_TASK'))
  })
})
