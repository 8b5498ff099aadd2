import { PHONE_ERRORS, type Phase, type PhoneErrorCode } from '@capfkit/phone'

type Todo = { readonly todo: string; readonly todoIn?: { readonly [P in Phase]?: string } }

/** What to do about a failure of a phone, in the phase where it happened. */
export const todoOf = ({ code, phase }: { code: PhoneErrorCode; phase: Phase | undefined }): string => {
  const { todo, todoIn }: Todo = PHONE_ERRORS[code]
  return (phase && todoIn?.[phase]) ?? todo
}

/** The same in whatever phase. */
export const everyTodoOf = ({ todo, todoIn = {} }: Todo): string =>
  [todo, ...Object.entries(todoIn).map(([phase, words]) => `in phase ${phase}: ${words}`)].join('; ')
