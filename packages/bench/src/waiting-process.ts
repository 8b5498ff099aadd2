import { Phone, phoneOptions } from '@capfkit/phone'

/** Phones that connect, authenticate, are told to make a key, and never finish it. */

type Start = { phones: number; host: string; port: number; certificateDer: Uint8Array }

const AT_ONCE = 64

const run = async ({ phones, host, port, certificateDer }: Start) => {
  const options = phoneOptions({ progressIntervalMs: 600_000 })
  let waiting = 0
  let next = 0
  const lane = async () => {
    while (next < phones) {
      const deviceName = `SEP${(next++).toString(16).toUpperCase().padStart(12, '0')}`
      // Resolves when the phone has been told to make its key, and its key never comes.
      await new Promise<void>(resolve => {
        const phone = new Phone({
          deviceName,
          authMode: 'null',
          trusted: [Buffer.from(certificateDer)],
          options,
          makeKey: () => {
            waiting++
            resolve()
            return new Promise<never>(() => {})
          },
        })
        void phone.runSession({ host, port }).then(() => resolve())
      })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  process.send?.(waiting)
}

process.on('message', message => void run(message as Start))
process.on('disconnect', () => process.exit(0))
