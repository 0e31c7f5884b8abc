/** The server would not have the token; `body` is its answer. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused'
  constructor(readonly body: string) {
    super('The token was refused')
  }
}
