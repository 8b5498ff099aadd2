import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import type { Connect, ConnectTcp, Environment } from '../environment.ts'
import { TLS_CLIENT } from '../tls-profile.ts'
import type { NetworkConditions } from './conditions.ts'
import { Link } from './link.ts'

/** The network of one phone, and the numbers that decide what it does. */
export type Network = { readonly conditions: NetworkConditions; readonly random: () => number }

type World = Pick<Environment, 'now' | 'startTimer'> & { readonly connectTcp: ConnectTcp }

/** TLS over a link, which is told of, too, so that somebody may do with it what no network does. */
export const connectOverLink =
  ({ conditions, random }: Network, { now, startTimer, connectTcp }: World, onLink: (link: Link) => void = () => {}): Connect =>
  ({ tls, onLoss, ...target }): TLSSocket => {
    const link = new Link({ socket: connectTcp(target), conditions, random, now, startTimer, onLoss })
    onLink(link)
    const socket = tlsConnect({ socket: link, secureContext: tls.secureContext, ...TLS_CLIENT })
    link.once('connect', () => socket.emit('connect'))
    return socket
  }
