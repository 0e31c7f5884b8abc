/** The schemes by which editors that run VS Code's extensions are called. */
const editorSchemes = new Set([
  'vscode:',
  'vscode-insiders:',
  'vscodium:',
  'vscodium-insiders:',
  'code-oss:',
  'cursor:',
  'windsurf:',
  'windsurf-next:',
  'positron:',
  'kiro:',
  'trae:',
  'trae-cn:',
  'antigravity:',
])

/** Such an address leads to the extension it names, and a code of ours is for ours alone. */
const extensionId = 'novabrain.novabrain-vscode'

/** A program that listens on the machine of the browser (RFC 8252, section 7.3); its port is any. */
const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Whether a browser that carries a one-time code may be sent to an address: to our extension in an editor, to a program on
 * its own machine, or to an origin that the admin allows.
 */
export const isRedirectAllowed = (address: string, allowedOrigins: readonly string[]): boolean => {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false
  if (editorSchemes.has(url.protocol)) return url.host.toLowerCase() === extensionId
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false
  return loopbackHosts.has(url.hostname) || allowedOrigins.includes(url.origin)
}

/** An address with values added to its query; what it has already stays, and `undefined` is left out. */
export const withQuery = (address: string, values: Readonly<Record<string, string | undefined>>): string => {
  const url = new URL(address)
  for (const [name, value] of Object.entries(values)) if (value !== undefined) url.searchParams.append(name, value)
  return url.href
}
