import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/**
 * Traces: a row for what is known of each, which is all that a search reads; its spans; what people and programs said of
 * it; the runs and prompts it is linked to. Ids are made by clients, so they are unique in a project only.
 */
export const traces = defineMigration(9, 'Traces', {
  up: [
    `CREATE TABLE traces (
       project_id text NOT NULL,
       id text NOT NULL,
       experiment_id bigint NOT NULL,
       started_at_ms bigint NOT NULL,
       duration_ms bigint,
       state text NOT NULL,
       name text,
       client_request_id text,
       request_preview text,
       response_preview text,
       tags jsonb NOT NULL,
       metadata jsonb NOT NULL,
       PRIMARY KEY (project_id, id),
       FOREIGN KEY (project_id, experiment_id) REFERENCES experiments (project_id, id)
     )`,
    `CREATE INDEX traces_newest_idx ON traces (project_id, experiment_id, started_at_ms DESC, id)`,
    ...protect('traces', 'project_id'),

    `CREATE TABLE spans (
       project_id text NOT NULL,
       trace_id text NOT NULL,
       id text NOT NULL,
       parent_id text,
       name text NOT NULL,
       type text,
       status text NOT NULL,
       started_at_ns bigint NOT NULL,
       ended_at_ns bigint,
       content text NOT NULL,
       PRIMARY KEY (project_id, trace_id, id),
       FOREIGN KEY (project_id, trace_id) REFERENCES traces (project_id, id) ON DELETE CASCADE
     )`,
    `CREATE INDEX spans_children_idx ON spans (project_id, trace_id, parent_id, started_at_ns, id)`,
    ...protect('spans', 'project_id'),

    `CREATE TABLE assessments (
       project_id text NOT NULL,
       id text NOT NULL,
       trace_id text NOT NULL,
       name text NOT NULL,
       kind text NOT NULL,
       value text NOT NULL,
       error jsonb,
       source_type text NOT NULL,
       source_id text,
       span_id text,
       rationale text,
       metadata jsonb NOT NULL,
       overrides text,
       valid boolean NOT NULL,
       created_at_ms bigint NOT NULL,
       updated_at_ms bigint NOT NULL,
       PRIMARY KEY (project_id, id),
       FOREIGN KEY (project_id, trace_id) REFERENCES traces (project_id, id) ON DELETE CASCADE
     )`,
    `CREATE INDEX assessments_trace_idx ON assessments (project_id, trace_id)`,
    ...protect('assessments', 'project_id'),

    `CREATE TABLE trace_links (
       project_id text NOT NULL,
       trace_id text NOT NULL,
       kind text NOT NULL,
       target text NOT NULL,
       PRIMARY KEY (project_id, kind, target, trace_id),
       FOREIGN KEY (project_id, trace_id) REFERENCES traces (project_id, id) ON DELETE CASCADE
     )`,
    `CREATE INDEX trace_links_trace_idx ON trace_links (project_id, trace_id)`,
    ...protect('trace_links', 'project_id'),
  ],
  down: ['trace_links', 'assessments', 'spans', 'traces'].map((table) => `DROP TABLE ${table}`),
})
