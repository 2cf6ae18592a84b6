import type { AdminCommand, SessionView } from './contract.ts';
import type { EngineInstance } from './instance.ts';
import * as messages from './messages.ts';
import { sameName } from './names.ts';

/** Commands on logins, sessions and Agent jobs. */
export type ServerCommand = Extract<AdminCommand, { readonly kind: 'alterLogin' | 'kill' | 'job' }>;

/** ALTER LOGIN … ENABLE/DISABLE, KILL, and the Agent job procedures. Throws SqlError. */
export function alterServer(instance: EngineInstance, command: ServerCommand, session: SessionView): void {
  switch (command.kind) {
    case 'alterLogin':
      alterLogin(instance, command, session);
      return;
    case 'kill':
      kill(instance, command.sessionId, session);
      return;
    case 'job':
      changeJob(instance, command, session);
      return;
  }
}

function alterLogin(
  instance: EngineInstance,
  command: Extract<ServerCommand, { readonly kind: 'alterLogin' }>,
  session: SessionView,
): void {
  const login = instance.login(command.login);
  const allowed = instance.hasServerPermission(session.login, 'ALTER ANY LOGIN');
  if (!login || !allowed) throw messages.cannot('alter', 'login', command.login);
  login.disabled = !command.enable;
}

function kill(instance: EngineInstance, id: number, session: SessionView): void {
  if (!instance.hasServerPermission(session.login, 'ALTER ANY CONNECTION')) throw messages.killDenied();
  if (id === session.id) throw messages.killSelf();
  if (id > 0 && id <= 50) throw messages.onlyUserProcesses();
  const target = instance.sessions().find(other => other.id === id);
  if (!target) throw messages.notActive(id);
  target.kill(messages.killed);
}

function changeJob(
  instance: EngineInstance,
  command: Extract<ServerCommand, { readonly kind: 'job' }>,
  session: SessionView,
): void {
  const procedure = { enable: 'sp_update_job', disable: 'sp_update_job', start: 'sp_start_job', stop: 'sp_stop_job' };
  if (!session.login.sysadmin) throw messages.executeDenied(procedure[command.action]);
  const job = instance.jobs.find(known => sameName(known.name, command.job));
  if (!job) throw messages.noSuchJob(command.job);
  switch (command.action) {
    case 'enable':
    case 'disable':
      job.enabled = command.action === 'enable';
      return;
    case 'start':
      if (job.runningSince !== undefined) throw messages.jobAlreadyRunning(job.name, session.login.name);
      job.runningSince = instance.clock.now();
      job.lastRunAt = job.runningSince;
      return;
    case 'stop':
      if (job.runningSince === undefined) throw messages.jobNotRunning(job.name, session.login.name);
      job.runningSince = undefined;
      return;
  }
}
