import { storable } from './storable.js'
import { pythonJson, plainValue, type AnyValue } from './any-value.js'

const previewLength = 1000

/** Who speaks in a conversation: what a person asked, or what was answered. */
type Speaker = 'user' | 'assistant'

/**
 * What a list shows of a trace's input or output: the last message of that speaker where it is a conversation, else the
 * value as JSON; at most 1,000 characters.
 */
export const previewOf = (value: AnyValue, speaker: Speaker): string => {
  const text =
    lastMessage(plainValue(value), speaker) ||
    ('string_value' in value ? JSON.stringify(value.string_value) : pythonJson(value))
  return shortened(text)
}

/** A text cut to the length of a preview. */
export const shortened = (text: string): string =>
  text.length <= previewLength ? text : `${storable(text.slice(0, previewLength - 3))}...`

const lastMessage = (value: unknown, speaker: Speaker): string => {
  const messages = messagesIn(value)
  const message = messages.findLast(({ role }) => role === speaker) ?? messages.at(-1)
  return message === undefined ? '' : textOf(message.content)
}

interface Message {
  readonly role: unknown
  readonly content: unknown
}

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'role' in value && 'content' in value

/** The messages of OpenAI's chat completions and responses, requests and answers. */
const messagesIn = (value: unknown): readonly Message[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const { messages, choices, input, output, request } = value as Readonly<Record<string, unknown>>
  if (Array.isArray(messages) && messages.length > 0) return messages.filter(isMessage)
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  if (typeof choice === 'object' && choice !== null && 'message' in choice && isMessage(choice.message))
    return [choice.message]
  for (const list of [input, output]) if (Array.isArray(list) && list.length > 0) return list.filter(isMessage)
  return request === undefined ? [] : messagesIn(request)
}

const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  for (const part of content as unknown[]) {
    if (typeof part === 'string') return part
    if (typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string') return part.text
  }
  return ''
}
