import { AUTH_MODES, type Device, type DeviceStore, KEY_ORDERS, OPERATIONS, RSA_SIZES } from '@capfkit/server'

/** Columns of CUCM's table `device` and what a row of ours has in them. Authentication strings are left out. */
const COLUMNS: Readonly<Record<string, (device: Device) => string | number>> = {
  name: ({ name }) => name,
  tkcertificateoperation: ({ operation }) => OPERATIONS[operation].number,
  tkcertificatestatus: ({ status }) => status,
  tkauthenticationmode: ({ authMode }) => AUTH_MODES[authMode].number,
  tkkeyorder: ({ keyOrder }) => KEY_ORDERS[keyOrder].number,
  tkkeysize: ({ rsaBits }) => RSA_SIZES[rsaBits],
  upgradefinishtime: ({ completesBy }) => completesBy ?? '',
  lscvaliduntil: ({ certificate }) => Math.floor((certificate?.validUntil.getTime() ?? 0) / 1000),
  lscissuername: ({ certificate }) => certificate?.issuerName ?? '',
}

/** Names of certificates may have commas and quotes in them (RFC 4180). */
const csvValue = (value: string | number): string => {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The device table as CSV, in the order of the names. */
export const deviceTable = async (store: Pick<DeviceStore, 'list'>): Promise<string> => {
  let text = `${Object.keys(COLUMNS).join(',')}\n`
  for await (const device of store.list())
    text += `${Object.values(COLUMNS)
      .map(read => csvValue(read(device)))
      .join(',')}\n`
  return text
}
