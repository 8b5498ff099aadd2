/** Whether server and phones share this machine, which says little of a network. */
export const isLoopback = (host: string): boolean => /^(127\.|::1$|localhost$)/.test(host)
