import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The SQL of a migration, forward and back. */
export interface Statements {
  readonly up: readonly string[]
  readonly down: readonly string[]
}

/** A migration as TypeORM wants it, something to construct, with its statements to look at. */
export interface MigrationClass {
  new (): MigrationInterface
  readonly statements: Statements
}

/**
 * A migration out of statements. `number` orders migrations and, once shared, neither it nor the statements change.
 * Tables are under forced row-level security, so a migration that touches rows works as the system.
 */
export const defineMigration = (number: number, name: string, statements: Statements): MigrationClass =>
  class implements MigrationInterface {
    static readonly statements = statements
    /** TypeORM reads the order out of the last thirteen digits. */
    readonly name = `${name}${String(firstNumber + number)}`
    up = (runner: QueryRunner) => runAll(runner, statements.up)
    down = (runner: QueryRunner) => runAll(runner, statements.down)
  }

const firstNumber = 1_767_225_600_000

const runAll = async (runner: QueryRunner, statements: readonly string[]): Promise<void> => {
  await runner.query(`SELECT set_config('novabrain.access', 'system', true)`)
  for (const statement of statements) await runner.query(statement)
}
