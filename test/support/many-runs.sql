-- Fills an experiment with runs as a long search of hyperparameters leaves them: some keys that every run has, and very many
-- that few have. Values come from `hashint4`, so the same numbers are made each time.
CREATE OR REPLACE FUNCTION pg_temp.fill_runs(tenant text, project text, experiment bigint, runs int, keys int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  metric_keys constant int := greatest(1, keys * 4 / 12 - 4);
  param_keys constant int := greatest(1, keys * 3 / 12 - 8);
  tag_keys constant int := greatest(1, keys / 12 - 2);
BEGIN
  PERFORM set_config('novabrain.access', 'system', true);
  CREATE TEMP TABLE made ON COMMIT DROP AS
  SELECT n, lpad(to_hex(experiment * 10000000 + n), 32, '0') AS id,
    (hashint4(n) & 1048575)::double precision / 1048576 AS luck,
    (hashint4(n + 7) & 1048575)::double precision / 1048576 AS noise,
    (ARRAY['0.3', '0.1', '0.03', '0.01', '0.003', '0.001', '1e-4'])[1 + n % 7] AS rate,
    (ARRAY['16', '32', '64', '128', '256'])[1 + n % 5] AS batch,
    (ARRAY['resnet50', 'vit-base', 'convnext-tiny', 'efficientnet-b3'])[1 + n % 4] AS model,
    (ARRAY['FINISHED', 'FINISHED', 'FINISHED', 'FINISHED', 'FINISHED', 'FINISHED', 'FINISHED', 'FAILED', 'KILLED'])[1 + n % 9] AS status
  FROM generate_series(1, runs) AS n;
  INSERT INTO runs (id, tenant_id, project_id, experiment_id, name, status, lifecycle_stage, user_name, started_at_ms,
    ended_at_ms, last_seen_at_ms)
  SELECT id, tenant, project, experiment, model || '-' || n, status, 'active',
    (ARRAY['lin.yue', 'chen.wei', 'a.mueller', 'j.smith'])[1 + n % 4],
    1760000000000 + n::bigint * 60000, 1760000000000 + n::bigint * 60000 + (30000 + luck * 3600000)::bigint, 1760000000000
  FROM made;
  INSERT INTO run_metrics (run_id, key, step, timestamp_ms, value, point_count, project_id, experiment_id)
  SELECT id, key, 100, 1760000000000 + n::bigint * 60000, value, 1, project, experiment FROM made, LATERAL (VALUES
    ('loss', 0.05 + abs(log(rate::numeric)::double precision + 2) * 0.2 + luck * 0.4),
    ('accuracy', greatest(0.1, 0.97 - abs(log(rate::numeric)::double precision + 2) * 0.12 - luck * 0.25)),
    ('val/loss', 0.08 + abs(log(rate::numeric)::double precision + 2) * 0.21 + luck * 0.42 + noise * 0.05),
    ('val/accuracy', greatest(0.1, 0.95 - abs(log(rate::numeric)::double precision + 2) * 0.12 - luck * 0.25 - noise * 0.03)),
    ('f1', CASE WHEN n % 97 = 0 THEN 'NaN'::double precision ELSE 0.9 - luck * 0.3 END),
    ('epoch_seconds', 20 + noise * 400 / sqrt(batch::double precision)),
    ('gpu_memory_gib', 4 + batch::double precision / 16 + noise),
    ('layer/' || lpad((n % metric_keys)::text, 5, '0') || '/grad_norm', luck * 10),
    ('layer/' || lpad(((n + 3) % metric_keys)::text, 5, '0') || '/weight_norm', noise * 100)
  ) AS logged (key, value);
  INSERT INTO run_params (run_id, key, value, project_id)
  SELECT id, key, value, project FROM made, LATERAL (VALUES
    ('learning_rate', rate), ('batch_size', batch), ('model', model),
    ('optimizer', (ARRAY['adamw', 'sgd', 'lion'])[1 + n % 3]), ('seed', (n % 10)::text),
    ('dropout', (ARRAY['0.0', '0.1', '0.2'])[1 + n / 3 % 3]), ('dataset', (ARRAY['imagenet-1k', 'cifar-100'])[1 + n / 5 % 2]),
    ('search/space_' || lpad((n % param_keys)::text, 5, '0'), (n % 13)::text)
  ) AS logged (key, value);
  INSERT INTO run_tags (run_id, key, value, project_id)
  SELECT id, key, value, project FROM made, LATERAL (VALUES
    ('team', (ARRAY['vision', 'platform', '质检'])[1 + n % 3]), ('mlflow.runName', model || '-' || n),
    ('note/' || lpad((n % tag_keys)::text, 4, '0'), 'looked at ' || n)
  ) AS logged (key, value);
END $$;
