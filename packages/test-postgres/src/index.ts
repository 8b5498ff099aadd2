export { type Databases, type Login, openDatabases } from './databases.ts'
export { PostgresServer } from './postgres-server.ts'
export { SmallDisk } from './small-disk.ts'
export { tell } from './tell.ts'
