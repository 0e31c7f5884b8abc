/** Files that are inlined into the runner's bundle as text. */
declare module '*.py' {
  const text: string
  export default text
}
declare module '*.lock' {
  const text: string
  export default text
}
