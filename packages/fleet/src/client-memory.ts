/** How a process that runs phones is started, so that it takes no more memory than its phones. */
export const CLIENT_MEMORY = {
  /**
   * Room for young objects, MB: what a session leaves behind is dead when it ends; with the 16 of V8 the process is 60 MB larger, and no
   * faster. Old ones may grow by so many percent before they are looked through: with the measure of V8 that is another 65 MB, and the
   * same CPU.
   */
  arguments: ['--max-semi-space-size=4', '--heap-growing-percent=40'],
  /** One heap of malloc for all threads: what OpenSSL takes and gives back on several fragments each of them, another 40 MB. */
  environment: { MALLOC_ARENA_MAX: '1' },
} as const
