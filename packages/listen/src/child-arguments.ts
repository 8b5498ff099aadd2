/**
 * Arguments of Node that a child process needs to run as its parent does: how modules are found and loaded, what is said on stderr,
 * how much memory there is, which TLS there is. `true`: a value may stand behind it as a word of its own.
 *
 * What is left out belongs to one process: its program (`--eval`, `--input-type`), a debugger's port, tests, watching, profiles.
 */
const INHERITED: Readonly<Record<string, boolean>> = {
  '--import': true,
  '--require': true,
  '-r': true,
  '--loader': true,
  '--experimental-loader': true,
  '--conditions': true,
  '-C': true,
  '--enable-source-maps': false,
  '--preserve-symlinks': false,
  '--preserve-symlinks-main': false,
  '--experimental-strip-types': false,
  '--experimental-transform-types': false,
  '--no-warnings': false,
  '--disable-warning': true,
  '--trace-warnings': false,
  '--trace-deprecation': false,
  '--no-deprecation': false,
  '--unhandled-rejections': true,
  '--max-old-space-size': true,
  '--dns-result-order': true,
  '--openssl-config': true,
  '--openssl-legacy-provider': false,
  '--openssl-shared-config': false,
  '--use-openssl-ca': false,
  '--use-bundled-ca': false,
  '--use-system-ca': false,
  '--tls-cipher-list': true,
  '--tls-min-v1.0': false,
  '--tls-min-v1.1': false,
  '--tls-min-v1.2': false,
  '--tls-min-v1.3': false,
  '--tls-max-v1.2': false,
  '--tls-max-v1.3': false,
}

/**
 * Of the arguments that this process was started with, those for a child process with a program of its own: `execArgv` of a fork.
 *
 * @param own  as `process.execArgv` has them: values behind `=`, or as the next word.
 */
export const childArguments = (own: readonly string[] = process.execArgv): string[] =>
  own.flatMap((argument, index) => {
    const [name = ''] = argument.split('=', 1)
    if (!Object.hasOwn(INHERITED, name)) return []
    const value = own[index + 1]
    return INHERITED[name] && !argument.includes('=') && value !== undefined ? [argument, value] : [argument]
  })
