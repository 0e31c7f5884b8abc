const adjectives =
  'able agile amber bold brave bright calm clever cosmic crisp daring eager fair fancy gentle golden grand happy humble jolly keen kind lively lucky mellow merry mighty neat noble polite proud quick quiet rapid serene sharp silver smooth sunny swift tidy vivid warm wise witty zesty'.split(
    ' ',
  )
const nouns =
  'ant bear bee bird boar carp cat colt crab crane crow deer dove duck eagle eel elk emu fawn finch fish foal fox frog goat goose gull hare hawk heron horse ibis jay kite koala lamb lark lion loon lynx mole moose moth mouse newt otter owl panda pig pug quail ram rat raven robin seal shark shrew skunk slug snail snake squid steed stork swan tern toad trout vole wasp whale wolf wren yak zebra'.split(
    ' ',
  )

/** A name that people can say, made from an id: the same id gives the same name. */
export const friendlyName = (id: string): string => {
  const seed = Number.parseInt(id.slice(-12), 16) || 0
  const adjective = adjectives[seed % adjectives.length] ?? ''
  const noun = nouns[Math.floor(seed / adjectives.length) % nouns.length] ?? ''
  const number = Math.floor(seed / adjectives.length / nouns.length) % 1000
  return `${adjective}-${noun}-${String(number)}`
}
