import { note, type Rule } from './rule.ts'

const FAILED = { clue: 'trace.event', where: { event: 'DB_FAILED' } }

export const dbReplicationBroken: Rule = {
  name: 'db-replication-broken',
  about: 'device',
  explains: ['phone-lost'],
  ways: [{ weight: 90, needs: [FAILED], shows: [note(/./)] }],
}

export const dbReplicationBrokenForAll: Rule = {
  name: 'db-replication-broken',
  about: 'site',
  ways: [{ weight: 90, needs: [FAILED], shows: [note(/./)] }],
}
