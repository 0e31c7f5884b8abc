import type { ITranslator, TranslationBundle } from '@jupyterlab/translation'
import { localeOf } from './locale.js'
import type { SignedOutTexts } from './widgets/signed-out.js'

/** The domain of our translations. */
export const domain = 'novabrain_jupyterlab'

/** Our translations in the language of the page. */
export const textsOf = (translator: ITranslator): TranslationBundle => translator.load(domain)

/** The words of the signed-out page. */
export const signedOutTexts = (trans: TranslationBundle, translator: ITranslator): SignedOutTexts => ({
  connecting: trans.__('Connecting …'),
  signedOutHeading: trans.__('Sign in to NovaBrain'),
  signedOutText: trans.__('Paste an API key of this server. It stays with your Jupyter server, not in this page.'),
  signedOutDirect: trans.__('Paste an API key of this server. It is kept until this page is closed.'),
  tokenLabel: trans.__('API key'),
  signIn: trans.__('Sign in'),
  awayHeading: trans.__('NovaBrain does not answer'),
  awayText: trans.__('Your notebooks work as always. Tried:'),
  retry: trans.__('Try again'),
  locale: localeOf(translator),
})
