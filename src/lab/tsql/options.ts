import type { DateOrder } from './date-text.ts';
import { CompileError, unsupported } from './errors.ts';
import type { Workplace } from './workplace.ts';

/** Options that drivers set at login to what the lab always does; the other value would change results and is refused. */
const alwaysOn = new Set([
  'ANSI_NULLS',
  'ANSI_NULL_DFLT_ON',
  'ANSI_PADDING',
  'ANSI_WARNINGS',
  'ANSI_DEFAULTS',
  'CONCAT_NULL_YIELDS_NULL',
  'QUOTED_IDENTIFIER',
]);
const alwaysOff = new Set([
  'IMPLICIT_TRANSACTIONS',
  'NUMERIC_ROUNDABORT',
  'ANSI_NULL_DFLT_OFF',
  'CURSOR_CLOSE_ON_COMMIT',
  'FMTONLY',
  'NOEXEC',
  'PARSEONLY',
  'SHOWPLAN_ALL',
  'SHOWPLAN_TEXT',
  'SHOWPLAN_XML',
  'STATISTICS IO',
  'STATISTICS TIME',
  'STATISTICS PROFILE',
  'STATISTICS XML',
  'REMOTE_PROC_TRANSACTIONS',
  'FORCEPLAN',
  'ARITHIGNORE',
  'FIPS_FLAGGER',
  'OFFSETS',
  'DISABLE_DEF_CNST_CHK',
]);
/** Accepted as they are: they change nothing that the lab does. */
const ignored = new Set([
  'TEXTSIZE',
  'DEADLOCK_PRIORITY',
  'QUERY_GOVERNOR_COST_LIMIT',
  'ARITHABORT',
  'TRANSACTION ISOLATION LEVEL',
]);

const dateOrders = ['MDY', 'DMY', 'YMD', 'YDM', 'MYD', 'DYM'];
const isolationLevels = ['READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SNAPSHOT', 'SERIALIZABLE'];

/** SET option value. Throws 195 for an unknown option. */
export function setOption(workplace: Workplace, option: string, value: string, line: number): void {
  const { settings } = workplace.core;
  const isOn = value === 'ON';
  const wantsSwitch = (): void => {
    if (value !== 'ON' && value !== 'OFF') throw new CompileError(102, `Incorrect syntax near '${value}'.`, line, 15);
  };
  if (alwaysOn.has(option) || alwaysOff.has(option)) {
    wantsSwitch();
    if (isOn !== alwaysOn.has(option)) throw unsupported(`SET ${option} ${value}`, line);
    return;
  }
  if (option === 'TRANSACTION ISOLATION LEVEL' && !isolationLevels.includes(value))
    throw new CompileError(102, `Incorrect syntax near '${value}'.`, line, 15);
  if (ignored.has(option)) return;
  switch (option) {
    case 'NOCOUNT':
      wantsSwitch();
      settings.noCount = isOn;
      return;
    case 'XACT_ABORT':
      wantsSwitch();
      settings.xactAbort = isOn;
      return;
    case 'LOCK_TIMEOUT':
      settings.lockTimeout = Number(value);
      return;
    case 'DATEFIRST':
      if (!/^[1-7]$/.test(value)) throw new CompileError(2744, `Invalid value ${value} for SET DATEFIRST.`, line);
      settings.dateFirst = Number(value);
      return;
    case 'DATEFORMAT':
      if (!dateOrders.includes(value)) throw new CompileError(2741, 'SET DATEFORMAT date order is invalid.', line);
      settings.dateOrder = value.toLowerCase() as DateOrder;
      workplace.forgetPlans();
      return;
    case 'LANGUAGE':
      if (value !== 'US_ENGLISH' && value !== 'ENGLISH') throw unsupported(`SET LANGUAGE ${value.toLowerCase()}`, line);
      return;
    case 'ROWCOUNT':
      if (value !== '0') throw unsupported('SET ROWCOUNT other than 0', line);
      return;
    case 'CONTEXT_INFO':
      throw unsupported('SET CONTEXT_INFO', line);
    default:
      throw new CompileError(195, `'${option}' is not a recognized SET option.`, line, 15, 3);
  }
}
