import type { ChildProcess } from 'node:child_process'

/** Send a child process one message and wait for its one answer. @throws when the child ends instead. */
export const ask = <T>(child: ChildProcess, message: unknown): Promise<T> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the measured process ended with ${code}`))
    child.once('exit', ended)
    child.once('message', answer => {
      child.off('exit', ended)
      resolve(answer as T)
    })
    child.send(message as object)
  })
