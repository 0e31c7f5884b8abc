import { Type, type TSchema } from '@sinclair/typebox'

/** An identifier: 32 lower-case hexadecimal digits, a UUID version 7 without dashes, so ids sort by creation. */
export const Id = Type.String({ pattern: '^[0-9a-f]{32}$', title: 'Id' })

/** An instant in ISO 8601, UTC, milliseconds. */
export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
  title: 'Timestamp',
})

/** A SHA-256 digest, 64 lower-case hexadecimal digits. */
export const Digest = Type.String({ pattern: '^[0-9a-f]{64}$', title: 'Digest' })

/** A name people give: 1 to 200 characters, no control characters. */
export const Name = Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })

/** A name that stands in addresses and options: lower-case letters, digits and hyphens. */
export const Slug = Type.String({ minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' })

/** A path inside a snapshot or an artifact folder: relative, forward slashes, no `.` or `..` segment. */
export const RelativePath = Type.String({
  minLength: 1,
  maxLength: 1024,
  pattern: '^(?!/)(?!.*(^|/)\\.\\.?(/|$))(?!.*//)[^\\\\\\u0000]+$',
})

/** A value or `null`. */
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** One page of a list, and the cursor of the next (`null` at the end). */
export const page = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: nullable(Type.String()) })

/** How a list is paged: `cursor` comes from the page before. */
export const PageQuery = Type.Object({
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
})
