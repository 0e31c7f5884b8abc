// A Slurm of its own for the benchmark of the whole server: munge, a controller and as many nodes as asked for on this
// machine, each a slurmd under a name of its own (Debian's slurmd allows that), on ports of their own. Needs root.
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { execFile } from 'node:child_process'
import { cpuMsOf, otherMachine, standsForAnotherMachine } from '../support/cpu.mjs'

const run = promisify(execFile)
const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'sinfo']
const environment = (extra = {}) => ({ ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, ...extra })

/** Why Slurm cannot be measured here, or `null`. */
export const slurmMissing = () => {
  if (process.getuid() !== 0) return 'Slurm was left out: its daemons want to be started by root.'
  const absent = programs.filter((name) => {
    try {
      execFileSync('/bin/sh', ['-c', `command -v ${name}`], { env: environment(), stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
  return absent.length === 0
    ? null
    : `Slurm was left out: ${absent.join(', ')} not installed (Debian: apt-get install slurmctld slurmd slurm-client munge).`
}

/** Ports in a row of which the first and the last are free. */
const freePorts = async (count) => {
  const free = (port) =>
    new Promise((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
  for (let first = 21_000; first < 30_000; first += count)
    if ((await Promise.all(Array.from({ length: count }, (_, index) => free(first + index)))).every(Boolean))
      return first
  throw new Error('No ports are free for Slurm')
}

const configOf = (folder, nodes, firstPort) => `
ClusterName=bench
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmctldPort=${firstPort}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/socket
CryptoType=crypto/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool/%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/spool/%n.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/spool/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_min_interval=0,max_rpc_cnt=0,default_queue_depth=1000,batch_sched_delay=0
MaxJobCount=100000
MinJobAge=300
JobCompType=jobcomp/filetxt
JobCompLoc=${folder}/jobs.txt
NodeName=n[1-${nodes}] NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=[${firstPort + 1}-${firstPort + nodes}] CPUs=8 CoresPerSocket=8 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`

const startDaemons = async (folder, nodes) => {
  for (const name of ['state', 'spool', 'munge']) mkdirSync(path.join(folder, name))
  chmodSync(path.join(folder, 'munge'), 0o755)
  const key = path.join(folder, 'munge', 'key')
  writeFileSync(key, randomBytes(128), { mode: 0o400 })
  const [user, group] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'munge'], { encoding: 'utf8' })))
  chownSync(key, user, group)
  chownSync(path.join(folder, 'munge'), user, group)
  const config = path.join(folder, 'slurm.conf')
  writeFileSync(config, configOf(folder, nodes, await freePorts(nodes + 1)))
  appendFileSync(path.join(folder, 'jobs.txt'), '')
  const env = environment({ SLURM_CONF: config })
  const start = (name, args, as = {}) => spawn(name, args, { env, stdio: 'ignore', ...as })
  const files = ['key', 'socket', 'pid', 'seed', 'log'].map((name) => path.join(folder, 'munge', name))
  const [keyFile, socket, pidFile, seed, log] = files
  const munged = start(
    'munged',
    [
      '--foreground',
      '--force',
      `--key-file=${keyFile}`,
      `--socket=${socket}`,
      `--pid-file=${pidFile}`,
      `--seed-file=${seed}`,
      `--log-file=${log}`,
    ],
    { uid: user, gid: group },
  )
  await delay(500)
  const controller = start('slurmctld', ['-D'])
  await delay(1000)
  const slurmds = Array.from({ length: nodes }, (_, index) => start('slurmd', ['-D', '-N', `n${index + 1}`]))
  slurmds.forEach(standsForAnotherMachine)
  return { env, controller, slurmds, all: [...slurmds, controller, munged] }
}

const idleNodes = async (env) => {
  const { stdout } = await run('sinfo', ['-h', '-t', 'idle', '-o', '%D'], { env })
  return stdout.split('\n').reduce((sum, line) => sum + Number(line.trim() || 0), 0)
}

const endedJobs = (folder) =>
  readFileSync(path.join(folder, 'jobs.txt'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('JobState=COMPLETED'))

const instant = (line, key) => Date.parse(new RegExp(`${key}=(\\S+)`).exec(line)?.[1] ?? '')

/** Submits jobs that run `true` by `sbatch`, some at once, and waits for all of them. */
export const measureSlurm = async ({ jobs, nodes, clients, progress }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-slurm-'))
  chmodSync(folder, 0o755)
  const { env, controller, slurmds, all } = await startDaemons(folder, nodes)
  try {
    for (let looks = 0; (await idleNodes(env).catch(() => 0)) < nodes; looks += 1) {
      if (looks > 240) throw new Error(`Slurm did not get ready: see ${folder}/slurmctld.log`)
      await delay(500)
    }
    progress(`Slurm runs with ${nodes} nodes`)
    const script = path.join(folder, 'job.sh')
    writeFileSync(script, '#!/bin/sh\ntrue\n', { mode: 0o755 })
    const cpuOfNodes = () => slurmds.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0)
    const before = { slurmctld: cpuMsOf(controller.pid), nodes: cpuOfNodes() }
    const sbatch = ['-n', `${otherMachine}`, 'sbatch', '--parsable', '-n1', '-o', '/dev/null', '-D', folder, script]
    let next = 0
    const begunMs = Date.now()
    const submit = async () => {
      while (next++ < jobs) await run('nice', sbatch, { env })
    }
    await Promise.all(Array.from({ length: clients }, submit))
    const submittedSeconds = (Date.now() - begunMs) / 1000
    progress(`Slurm took ${jobs} jobs in ${submittedSeconds.toFixed(1)} s`)
    while (endedJobs(folder).length < jobs) await delay(500)
    const lines = endedJobs(folder)
    const lastStart = Math.max(...lines.map((line) => instant(line, 'StartTime')))
    const cpu = { slurmctld: cpuMsOf(controller.pid) - before.slurmctld, nodes: cpuOfNodes() - before.nodes }
    const perJob = (ms) => Number((ms / jobs).toFixed(2))
    const result = {
      jobs,
      nodes,
      'submissions/s': Number((jobs / submittedSeconds).toFixed(1)),
      // Slurm tells instants in whole seconds.
      'starts/s': Number(((1000 * jobs) / Math.max(1000, lastStart + 1000 - begunMs)).toFixed(1)),
      cpuMsPerJob: { slurmctld: perJob(cpu.slurmctld), nodes: perJob(cpu.nodes) },
    }
    progress(JSON.stringify(result))
    return result
  } finally {
    for (const child of all) child.kill('SIGTERM')
    await delay(2000)
    for (const child of all) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
