export { type Databases, type Login, openDatabases, tell } from './databases.ts'
export { PostgresServer } from './postgres-server.ts'
