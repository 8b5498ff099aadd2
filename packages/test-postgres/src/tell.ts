import pg from 'pg'

/** One statement of somebody else, in a connection of its own. @returns its rows. */
export const tell = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client(url)
  // A server that is killed takes the connection with it; the statement says so as well.
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
