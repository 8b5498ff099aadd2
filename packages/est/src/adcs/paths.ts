/** Where the pages of web enrolment are [ADCS-1.1]. IIS compares paths without regard to case. */
export const CERTSRV = '/certsrv'
export const PAGES = {
  welcome: '/certsrv/',
  request: '/certsrv/certrqxt.asp',
  submit: '/certsrv/certfnsh.asp',
  certificate: '/certsrv/certnew.cer',
  chain: '/certsrv/certnew.p7b',
  caCertificates: '/certsrv/certcarc.asp',
} as const

export type PageName = keyof typeof PAGES
