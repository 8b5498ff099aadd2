import t from 'tap'
import { CodedError, causeWords, errorMessage, OffsetError } from '../src/errors/index.ts'

class DoorError extends CodedError<'DOOR_SHUT'> {
  override readonly name = 'DoorError'

  constructor(where: string, options?: ErrorOptions) {
    super('DOOR_SHUT', { where, what: 'the door is shut', detail: causeWords(options), remedy: 'open it' }, options)
  }
}

t.test('an error says where, what, in whose words, what to do, and its code', async t => {
  const cause = new Error('the key is lost')
  const error = new DoorError('house 7', { cause })
  t.match(error, { name: 'DoorError', code: 'DOOR_SHUT', where: 'house 7', cause })
  t.equal(error.message, 'house 7: the door is shut [the key is lost]; open it (DOOR_SHUT)')
  t.equal(String(error), `DoorError: ${error.message}`)
})

t.test('what is not known leaves no empty brackets', async t => {
  const plain = 'house 7: the door is shut; open it (DOOR_SHUT)'
  t.equal(new DoorError('house 7').message, plain)
  t.notOk(Object.hasOwn(new DoorError('house 7'), 'cause'))
  // Node says nothing itself where several addresses of a name refused.
  t.equal(new DoorError('house 7', { cause: new AggregateError([new Error('refused')]) }).message, plain)
  t.equal(new DoorError('house 7', { cause: 'not an error' }).message, plain)
  t.equal(errorMessage('SHUT', { what: 'the door is shut' }), 'the door is shut (SHUT)')
})

t.test('what cannot be read is placed to the byte, the first one too', async t => {
  class ShortError extends OffsetError<'SHORT'> {}
  const error = new ShortError('SHORT', { where: 'HELLO', what: 'too short', offset: 0 })
  t.match(error, { code: 'SHORT', where: 'HELLO', offset: 0 })
  t.equal(error.message, 'HELLO: too short (byte 0, SHORT)')
})
