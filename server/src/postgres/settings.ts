const mib = 1_048_576
/** PostgreSQL's own, and what more brings little beside a page cache. */
const [leastMib, mostMib] = [128, 1024]

/** How much of a machine's memory (bytes) the database keeps of its tables, MiB: a sixteenth, since jobs live on it too. */
export const sharedBuffersMib = (memoryBytes: number): number =>
  Math.min(mostMib, Math.max(leastMib, Math.floor(memoryBytes / 16 / mib)))

/**
 * Settings other than PostgreSQL's own, on a machine with so much memory (bytes). What is known of the tables is renewed
 * soon, since plans that are kept are made of it: of a new database that fills within a minute they would be made for nothing.
 */
export const settingsFor = (memoryBytes: number): readonly string[] => [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=100',
  `shared_buffers=${String(sharedBuffersMib(memoryBytes))}MB`,
  'autovacuum_naptime=20',
  'log_min_messages=warning',
  'log_line_prefix=%m [%p] ',
]
