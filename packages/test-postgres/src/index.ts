export { type Databases, type Login, openDatabases } from './databases.ts'
export { PostgresServer } from './postgres-server.ts'
export { tell } from './tell.ts'
