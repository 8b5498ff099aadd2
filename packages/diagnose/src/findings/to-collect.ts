/** What is asked for by several findings, in the words of the product. */
export const CAPF_TRACE = 'the CAPF trace (cm/trace/capf/sdi/capf*)'
export const CAPF_TRACE_OF_SESSION = `${CAPF_TRACE} of the session`
export const PHONE_CONSOLE = 'the console log of the phone'
export const NAME_LOOKUP = '`utils network host NAME` on the publisher'
export const NTP_STATUS = '`utils ntp status` on the publisher'
export const SERVICE_LIST = '`utils service list` on the publisher'
export const TRUSTED_CERTIFICATES = '`show cert list trust` on the publisher'
