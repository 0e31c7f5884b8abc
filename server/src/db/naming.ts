import { DefaultNamingStrategy, type Table } from 'typeorm'

/**
 * camelCase in the code, snake_case in PostgreSQL, and for keys and constraints the very names PostgreSQL gives by
 * itself: hand-written migrations need not name them to agree with the entities.
 */
export class PostgresNaming extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string): string {
    return customName || snakeCase(propertyName)
  }
  override primaryKeyName(table: Table | string): string {
    return `${this.getTableName(table)}_pkey`
  }
  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return `${this.getTableName(table)}_${columns.join('_')}_key`
  }
  override foreignKeyName(table: Table | string, columns: string[]): string {
    return `${this.getTableName(table)}_${columns.join('_')}_fkey`
  }
  override indexName(table: Table | string, columns: string[]): string {
    return `${this.getTableName(table)}_${columns.join('_')}_idx`
  }
}

/** A name of the code as PostgreSQL has it. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
