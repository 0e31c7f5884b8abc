/** The version of the server, as `package.json` has it; a test keeps the two equal. */
export const serverVersion = '3.0.0'
