import { EncodeError } from '../frame/errors.ts'
import { fail, text, type ValueCodec } from '../frame/values.ts'

/** What stands in front of a device name. What it means is not known; recordings have no other [TVS-2.2]. */
const MARK = 1

/** A mark of one byte, then text to the end of the element. */
export const markedText: ValueCodec<string> = {
  layout: '01, text',
  read: field => {
    const { frame, start, end } = field
    if (start === end) fail('CODEC_TRUNCATED', field)
    if (frame[start] !== MARK) fail('CODEC_BAD_VALUE', field)
    const name = text.read({ ...field, start: start + 1 })
    // A name that another program would end at its NUL is not one name.
    if (name.includes('\0')) fail('CODEC_BAD_TEXT', { ...field, start: start + 1 })
    return name
  },
  write: (value, where) => {
    if (value.includes('\0')) throw new EncodeError('CODEC_BAD_VALUE', where)
    return Buffer.concat([Buffer.of(MARK), text.write(value, where)])
  },
}
