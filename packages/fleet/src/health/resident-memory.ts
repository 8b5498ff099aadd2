let lastBytes = 0

/**
 * Resident memory of this process, bytes. The system takes a file descriptor to say it: where there is none left, it is what it was
 * when there was one.
 */
export const residentBytes = (): number => {
  try {
    lastBytes = process.memoryUsage.rss()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EMFILE' && code !== 'ENFILE') throw error
  }
  return lastBytes
}
