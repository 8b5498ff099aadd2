/** The moment of the database, whose clock is the same for all machines, ms since 1970. */
export const DATABASE_NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint'
