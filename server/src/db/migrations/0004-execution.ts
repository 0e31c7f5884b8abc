import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

const queues = `CREATE TABLE queues (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  name text NOT NULL,
  cohort text,
  nominal_gpu_milli bigint,
  borrowing_limit_gpu_milli bigint,
  lending_limit_gpu_milli bigint,
  weight integer NOT NULL,
  created_at timestamptz(3) NOT NULL,
  UNIQUE (tenant_id, name))`

const nodes = `CREATE TABLE nodes (
  id text PRIMARY KEY,
  name text NOT NULL,
  executor text NOT NULL,
  state text NOT NULL,
  cpu_milli integer NOT NULL,
  memory_mib integer NOT NULL,
  last_seen_at timestamptz(3) NOT NULL)`

const devices = `CREATE TABLE devices (
  id text PRIMARY KEY,
  node_id text NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
  index integer NOT NULL,
  kind text NOT NULL,
  model text NOT NULL,
  memory_mib integer NOT NULL,
  simulated boolean NOT NULL,
  present boolean NOT NULL)`

const jobCounters = `CREATE TABLE job_counters (
  project_id text PRIMARY KEY,
  tenant_id text NOT NULL,
  last_number integer NOT NULL)`

const jobs = `CREATE TABLE jobs (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  number integer NOT NULL,
  name text NOT NULL,
  status text NOT NULL,
  version integer NOT NULL,
  reason text,
  task jsonb NOT NULL,
  gpu_count integer NOT NULL,
  gpu_milli integer NOT NULL,
  gpu_memory_mib integer NOT NULL,
  gpu_model text,
  cpu_milli integer NOT NULL,
  memory_mib integer NOT NULL,
  queue_name text NOT NULL,
  priority_class text NOT NULL,
  pin_digest text,
  snapshot_id text NOT NULL,
  run_id text NOT NULL,
  experiment_id text NOT NULL,
  time_limit_ms bigint,
  max_retries integer NOT NULL,
  environment_variables jsonb NOT NULL,
  rerun_of text,
  submitted_by text NOT NULL,
  submitted_by_id text,
  submitted_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  attempt_id text,
  attempt_count integer NOT NULL,
  retry_count integer NOT NULL,
  raised_gpu_memory_mib integer,
  not_before timestamptz(3),
  evicted_at_ms jsonb NOT NULL,
  predicted_run_ms bigint,
  used_run_ms bigint NOT NULL,
  hold jsonb,
  UNIQUE (project_id, number),
  CONSTRAINT jobs_end_check CHECK ((status IN ('succeeded', 'failed', 'cancelled')) = (ended_at IS NOT NULL)))`

const attempts = `CREATE TABLE attempts (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  job_id text NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number integer NOT NULL,
  state text NOT NULL,
  version integer NOT NULL,
  stage text,
  stage_detail text,
  node_id text NOT NULL,
  node_name text NOT NULL,
  devices jsonb NOT NULL,
  verdict jsonb,
  secret_hash bytea,
  heartbeat_sequence integer NOT NULL,
  last_seen_at timestamptz(3),
  command text NOT NULL,
  commanded_at timestamptz(3),
  log_size_bytes bigint NOT NULL,
  created_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  UNIQUE (job_id, number))`

/** One live attempt a job: nothing runs twice at the same time, whatever the code above thinks. */
const oneLiveAttempt = `CREATE UNIQUE INDEX attempts_live_idx ON attempts (job_id)
  WHERE state IN ('submitted', 'accepted', 'running')`

const allocations = `CREATE TABLE allocations (
  attempt_id text PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
  project_id text NOT NULL,
  node_id text NOT NULL REFERENCES nodes (id),
  cpu_milli integer NOT NULL,
  memory_mib integer NOT NULL)`

const deviceAllocations = `CREATE TABLE device_allocations (
  attempt_id text NOT NULL REFERENCES allocations (attempt_id) ON DELETE CASCADE,
  device_id text NOT NULL REFERENCES devices (id),
  project_id text NOT NULL,
  milli integer NOT NULL,
  memory_mib integer NOT NULL,
  PRIMARY KEY (attempt_id, device_id))`

/**
 * The row of the device is locked first, so two transactions cannot both see the same room. Only the system grants, so the
 * sum is over all projects.
 */
const guardDevices = `CREATE FUNCTION guard_device_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE room integer; held integer; held_milli integer;
BEGIN
  SELECT memory_mib INTO room FROM devices WHERE id = NEW.device_id FOR UPDATE;
  SELECT coalesce(sum(memory_mib), 0), coalesce(sum(milli), 0) INTO held, held_milli FROM device_allocations
    WHERE device_id = NEW.device_id AND attempt_id <> NEW.attempt_id;
  IF held_milli + NEW.milli > 1000 OR held + NEW.memory_mib > room THEN
    RAISE EXCEPTION 'device % would be over-allocated', NEW.device_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$`

const guardNodes = `CREATE FUNCTION guard_node_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE cpu_room integer; memory_room integer; held_cpu bigint; held_memory bigint;
BEGIN
  SELECT cpu_milli, memory_mib INTO cpu_room, memory_room FROM nodes WHERE id = NEW.node_id FOR UPDATE;
  SELECT coalesce(sum(cpu_milli), 0), coalesce(sum(memory_mib), 0) INTO held_cpu, held_memory FROM allocations
    WHERE node_id = NEW.node_id AND attempt_id <> NEW.attempt_id;
  IF held_cpu + NEW.cpu_milli > cpu_room OR held_memory + NEW.memory_mib > memory_room THEN
    RAISE EXCEPTION 'node % would be over-allocated', NEW.node_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$`

const logChunks = `CREATE TABLE log_chunks (
  attempt_id text NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
  byte_offset bigint NOT NULL,
  project_id text NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (attempt_id, byte_offset))`

const resourceSamples = `CREATE TABLE resource_samples (
  attempt_id text NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
  at_ms bigint NOT NULL,
  project_id text NOT NULL,
  cpu_milli integer NOT NULL,
  memory_mib integer NOT NULL,
  gpu_milli integer,
  gpu_memory_mib integer,
  PRIMARY KEY (attempt_id, at_ms))`

/** Use in the past, fading by half every half-life: amount × seconds, as of an instant. */
const usage = `CREATE TABLE usage (
  tenant_id text NOT NULL,
  queue_name text NOT NULL,
  owner text NOT NULL,
  as_of timestamptz(3) NOT NULL,
  gpu_milli_seconds bigint NOT NULL,
  cpu_milli_seconds bigint NOT NULL,
  memory_mib_seconds bigint NOT NULL,
  PRIMARY KEY (tenant_id, queue_name, owner))`

/** What is left of past use after a while; the half-life is a day. */
const faded = `CREATE FUNCTION faded(amount bigint, since timestamptz, now timestamptz) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT round(amount * power(0.5, greatest(extract(epoch FROM now - since), 0) / 86400))::bigint $$`

/** What an eviction frees, kept for the job it was made for. */
const reservations = `CREATE TABLE reservations (
  job_id text PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  tenant_id text NOT NULL,
  placement jsonb NOT NULL,
  victim_ids jsonb NOT NULL,
  expires_at timestamptz(3) NOT NULL)`

/** One row whose version grows with every change of nodes and queues: a plan made before such a change is refused. */
const clusterVersion = `CREATE TABLE cluster_version (
  id integer PRIMARY KEY,
  version bigint NOT NULL)`

const up = [
  queues,
  nodes,
  devices,
  `CREATE INDEX devices_node_id_idx ON devices (node_id)`,
  jobCounters,
  jobs,
  `CREATE INDEX jobs_active_idx ON jobs (submitted_at, id) WHERE status IN ('queued', 'starting', 'running', 'stopping')`,
  `CREATE INDEX jobs_history_idx ON jobs (tenant_id, ended_at) WHERE status = 'succeeded'`,
  `CREATE INDEX jobs_run_id_idx ON jobs (run_id)`,
  attempts,
  oneLiveAttempt,
  allocations,
  `CREATE INDEX allocations_node_id_idx ON allocations (node_id)`,
  deviceAllocations,
  `CREATE INDEX device_allocations_device_id_idx ON device_allocations (device_id)`,
  guardDevices,
  `CREATE TRIGGER device_allocations_guard BEFORE INSERT OR UPDATE ON device_allocations
     FOR EACH ROW EXECUTE FUNCTION guard_device_allocation()`,
  guardNodes,
  `CREATE TRIGGER allocations_guard BEFORE INSERT OR UPDATE ON allocations
     FOR EACH ROW EXECUTE FUNCTION guard_node_allocation()`,
  logChunks,
  resourceSamples,
  faded,
  usage,
  reservations,
  clusterVersion,
  `INSERT INTO cluster_version (id, version) VALUES (1, 0)`,
  ...protect('queues', 'tenant_id'),
  ...protect('usage', 'tenant_id'),
  ...protect('reservations', 'tenant_id'),
  ...[
    'job_counters',
    'jobs',
    'attempts',
    'allocations',
    'device_allocations',
    'log_chunks',
    'resource_samples',
  ].flatMap((table) => protect(table, 'project_id')),
]

const down = [
  `DROP TABLE cluster_version`,
  `DROP TABLE reservations`,
  `DROP TABLE usage`,
  `DROP FUNCTION faded`,
  `DROP TABLE resource_samples`,
  `DROP TABLE log_chunks`,
  `DROP TABLE device_allocations`,
  `DROP TABLE allocations`,
  `DROP FUNCTION guard_device_allocation`,
  `DROP FUNCTION guard_node_allocation`,
  `DROP TABLE attempts`,
  `DROP TABLE jobs`,
  `DROP TABLE job_counters`,
  `DROP TABLE devices`,
  `DROP TABLE nodes`,
  `DROP TABLE queues`,
]

/**
 * Queues, nodes and devices, jobs and their attempts, what is granted to them, and what they say. Nodes and devices
 * belong to the installation; everything else belongs to a tenant or a project and is protected.
 */
export const execution = defineMigration(4, 'Execution', { up, down })
