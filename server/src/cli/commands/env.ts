import {
  captureEnvironment,
  diffEnvironments,
  driftFrom,
  fail,
  hasDrifted,
  pinEnvironment,
  type EnvironmentDrift,
  type EnvironmentPin,
} from '@novabrain/contracts'
import { textOption, UsageError, type Command, type Context, type Session } from '../command.js'
import { choosePython, pythonHost } from '../python.js'
import { restore } from '../restore.js'
import { sayWhenSlow } from '../say-when-slow.js'

/** `novabrain env`: pin the environment of an interpreter, show its drift, or recreate a pinned one. */
export const env: Command = {
  usage: 'env pin | env diff [DIGEST [DIGEST]] | env restore [DIGEST] [--into FOLDER]      [--python PATH]',
  options: { python: { type: 'string' }, into: { type: 'string' } },
  async run(context) {
    const [verb, ...digests] = context.positionals
    const session = await context.session()
    if (verb === 'pin') return pin(context, session)
    if (verb === 'diff') return diff(context, session, digests)
    if (verb === 'restore') return restore(context, session, await findPin(context, session, digests[0]))
    throw new UsageError(context.texts.usage(env.usage))
  },
}

const hostOf = (context: Context) =>
  pythonHost(
    choosePython(textOption(context.options, 'python'), context.environment) ?? fail('python_not_found'),
    process.cwd(),
  )

const pin = async (context: Context, session: Session): Promise<number> => {
  const { output, texts } = context
  const captured = await captureEnvironment(hostOf(context))
  const asked = pinEnvironment(session.client, await session.projectId(), captured)
  const result = await sayWhenSlow(asked, () => output.error(texts.pinning))
  output.value(result)
  if (result.status === 'conflict') {
    for (const { left, right, suggestion } of result.conflicts) {
      output.error(texts.conflictsWith(left.requirement, left.requiredBy, right.requirement, right.requiredBy))
      if (suggestion !== null) output.error(`${texts.remedy}: ${suggestion}`)
    }
    return 1
  }
  output.line(texts.pinned(result.pin.digest, result.pin.packages.length))
  if (result.pin.unavailable.length > 0)
    output.line(
      texts.notOnIndex(
        result.pin.unavailable.map((item) => `${item.name} ${item.version} (${item.reason})`).join(', '),
      ),
    )
  return 0
}

/** No digest: the last pin against the interpreter. One: that pin. Two: pin against pin. Exit code 1 when they differ. */
const diff = async (context: Context, session: Session, digests: readonly string[]): Promise<number> => {
  const from = await findPin(context, session, digests[0])
  const drift =
    digests[1] === undefined
      ? await driftNow(context, from)
      : between(from, await findPin(context, session, digests[1]))
  context.output.value(drift)
  context.output.line(hasDrifted(drift) ? linesOf(drift).join('\n') : context.texts.noDrift)
  return hasDrifted(drift) ? 1 : 0
}

const driftNow = async (context: Context, from: EnvironmentPin): Promise<EnvironmentDrift> =>
  driftFrom(from, (await captureEnvironment(hostOf(context))).capture)

const between = (from: EnvironmentPin, to: EnvironmentPin): EnvironmentDrift => ({
  ...diffEnvironments(from.packages, to.packages),
  python: from.pythonVersion === to.pythonVersion ? null : { from: from.pythonVersion, to: to.pythonVersion },
})

const linesOf = ({ python, added, removed, changed }: EnvironmentDrift): string[] => [
  ...(python === null ? [] : [`~ Python ${python.from} → ${python.to}`]),
  ...added.map(({ name, version }) => `+ ${name} ${version}`),
  ...removed.map(({ name, version }) => `- ${name} ${version}`),
  ...changed.map(({ name, from, to }) => `~ ${name} ${from} → ${to}`),
]

/** The pin a user means: a digest or the beginning of one, else the newest. */
const findPin = async (context: Context, session: Session, reference: string | undefined): Promise<EnvironmentPin> => {
  const projectId = await session.projectId()
  const { items } = await session.client.listEnvironmentPins({ params: { projectId }, query: { limit: 200 } })
  const found = items.find((item) => reference === undefined || item.digest.startsWith(reference))
  if (found === undefined)
    throw new UsageError(reference === undefined ? context.texts.noPin : context.texts.noPinNamed(reference))
  return session.client.getEnvironmentPin({ params: { projectId, digest: found.digest } })
}
