/**
 * What lines of a CAPF trace say that tells how a session goes [CAPF-6.2], behind the time and the name of the function. `{…}`
 * is filled in. Rows marked `ours` are not the product's.
 */
export const TRACE_TEXTS = {
  event: { text: 'CAPF CORE: Rcvd Event: CAPF_EV_{event} in State: CAPF_STATE_{state}' },
  calling: { text: 'Calling enrollCertUsingEST() csr_file={file}' },
  enrolled: { text: 'Enrollment rv = {number} ({name}) with pkcs7 length = {bytes}' },
  returned: { text: 'Return value from enrollCertUsingEST() : {number}' },
  dbStatus: { text: '=>DbStatus={status}' },
  opStatus: { text: 'Operation status is set to Failure:{status}' },
  sqlStatus: { text: "tkcertificatestatus='{number}' WHERE my_lower(name)=my_lower('{device}'))" },
  authMode: { text: 'BEFORE DB query Authentication Mode={mode}:{number}' },
  note: { text: 'Session note: {detail}', ours: true },
} as const satisfies Record<string, { readonly text: string; readonly ours?: true }>

export type TraceText = keyof typeof TRACE_TEXTS

/** Such a line, with its places filled in. */
export const traceText = (name: TraceText, values: Readonly<Record<string, string | number>>): string =>
  TRACE_TEXTS[name].text.replace(/\{(\w+)\}/g, (place, value: string) => String(values[value] ?? place))
