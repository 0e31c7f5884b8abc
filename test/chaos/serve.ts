import { Value } from '@sinclair/typebox/value'
import { Config } from '../../server/src/config.js'
import { closeOnSignals, startServer } from '../../server/src/main.js'

/** A server process for the chaos test, from the sources: its configuration comes as JSON in the environment. */
const config = Value.Decode(Config, Value.Default(Config, JSON.parse(process.env['CHAOS_CONFIG'] ?? '{}')))
void startServer(config).then(closeOnSignals)
