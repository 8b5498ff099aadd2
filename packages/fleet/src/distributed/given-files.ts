import { join } from 'node:path'
import { derToPem, writePrivateFile } from '@capfkit/pki'
import type { FleetOptions } from '../options.ts'
import { type RunJob, startOf } from './run-job.ts'

/** Files of the machine that began a run, as options of one that goes on with it. */
export type GivenFiles = Partial<Pick<FleetOptions, 'csv' | 'capfCertificate' | 'micCa'>>

/** Write into a folder what a run was given as files: its list of phones, the certificates that they trust, the CA of their MICs. */
export const writeGiven = async (folder: string, job: RunJob): Promise<GivenFiles> => {
  const { trusted, micCa } = startOf(job)
  const write = async (name: string, data: string) => {
    const file = join(folder, name)
    await writePrivateFile({ file, data })
    return file
  }
  return {
    capfCertificate: await write('capf-certificate.pem', derToPem(trusted)),
    micCa: await write('mic-ca.pem', derToPem(micCa.certificateDer) + micCa.keyPem),
    ...(job.csv === undefined ? {} : { csv: await write('phones.csv', job.csv) }),
  }
}
