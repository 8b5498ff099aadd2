import { join } from 'node:path'
import { iisLogFile, iisLogHeader } from '@capfkit/est/adcs'
import { AppendFile } from '@capfkit/listen'

/** The log of a pretended IIS in a folder, a file a day (UTC), as IIS names them. */
export class IisLogFiles implements AsyncDisposable {
  readonly #init: { folder: string; now: () => Date; onError: (error: Error) => void }
  #open: { name: string; sink: AppendFile } | undefined

  constructor(init: { folder: string; now: () => Date; onError: (error: Error) => void }) {
    this.#init = init
  }

  write(line: string): void {
    const { folder, now, onError } = this.#init
    const at = now()
    const name = iisLogFile(at)
    if (this.#open?.name !== name) {
      void this.#open?.sink[Symbol.asyncDispose]()
      this.#open = { name, sink: new AppendFile({ file: join(folder, name), onError }) }
      for (const head of iisLogHeader(at)) this.#open.sink.write(`${head}\n`)
    }
    this.#open.sink.write(`${line}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.sink[Symbol.asyncDispose]()
  }
}
