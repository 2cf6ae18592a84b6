import { Command, InvalidArgumentError, Option } from 'commander';
import { type LabDescription, type LabOptions, type RunningLab, startLab } from './lab.ts';
import { scenarioNames } from './scenarios.ts';

/** Command line of the practice lab. Standard output carries the description only; everything else goes to standard error. */
interface Arguments {
  readonly json?: true;
  readonly scenario: string;
  readonly seed?: number;
  readonly list?: true;
  readonly sqlServerPort?: number;
  readonly managedInstancePort?: number;
  readonly resourceManagerPort?: number;
  readonly authorityPort?: number;
  readonly controlPort?: number;
  readonly certificateDir?: string;
  readonly tdsEncryption: NonNullable<LabOptions['tdsEncryption']>;
  readonly stopWithParent?: true;
}

const wholeNumber = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
};

const port = (text: string): number => {
  const number = wholeNumber(text);
  if (number > 65_535) throw new InvalidArgumentError('It must be a port, 0 (any free one) to 65535.');
  return number;
};

const command = new Command('lab')
  .description(
    'Runs a practice Managed Instance link: a SQL Server and a managed instance that speak TDS, Azure Resource Manager and its sign-in, all on this machine. Nothing real is touched.',
  )
  .option('--json', 'print one line of JSON when ready, and nothing else on standard output')
  .addOption(
    new Option('--scenario <name>', 'what the link looks like at the start')
      .choices([...scenarioNames])
      .default('sql2019'),
  )
  .option('--seed <number>', 'same seed, same names, secrets, log numbers and workload', wholeNumber)
  .option('--list', 'list the scenarios and exit')
  .option('--sql-server-port <port>', 'TDS port of the practice SQL Server (default: any free one)', port)
  .option('--managed-instance-port <port>', 'TDS port of the practice instance', port)
  .option('--resource-manager-port <port>', 'HTTPS port of the practice Resource Manager', port)
  .option('--authority-port <port>', 'HTTPS port of the practice sign-in authority', port)
  .option('--control-port <port>', 'HTTP port of the control server', port)
  .option(
    '--certificate-dir <directory>',
    'where the certificate file is written (default: a temporary folder, removed at the end)',
  )
  .addOption(
    new Option('--tds-encryption <mode>', 'encryption offered on TDS')
      .choices(['on', 'required', 'notSupported'])
      .default('on'),
  )
  .option('--stop-with-parent', 'stop when standard input closes');

const defined = <T extends object>(values: { readonly [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;

const labOptions = (given: Arguments): LabOptions =>
  defined<LabOptions>({
    scenario: given.scenario,
    seed: given.seed,
    clock: undefined,
    tdsEncryption: given.tdsEncryption,
    certificateDirectory: given.certificateDir,
    ports: defined({
      sqlServer: given.sqlServerPort,
      managedInstance: given.managedInstancePort,
      resourceManager: given.resourceManagerPort,
      authority: given.authorityPort,
      control: given.controlPort,
    }),
  });

const summary = ({ scenario, sqlServer, managedInstance, azure, link, control }: LabDescription): string => `
PRACTICE LAB, scenario ${scenario}: everything below is on this machine and disposable.

SQL Server         ${sqlServer.host},${sqlServer.port}   user ${sqlServer.user}   password ${sqlServer.password}
Managed instance   ${managedInstance.host},${managedInstance.port}   user ${managedInstance.user}   password ${managedInstance.password}
                   stands for ${managedInstance.fullyQualifiedDomainName}
Certificate file   ${sqlServer.certificateFile}   (trust it as a CA: the servers and the HTTPS endpoints present certificates of this authority)
Link               ${link.dag}, availability group ${link.ag}, databases ${link.databases.join(', ')}

Resource Manager   ${azure.resourceManager}
Sign-in authority  ${azure.authority}/${azure.tenantId}
                   client ${azure.clientId}   secret ${azure.clientSecret}
Instance           subscription ${azure.subscriptionId}, resource group ${azure.resourceGroup}, instance ${azure.managedInstance}
Control            ${control}   (GET /state, GET /knobs, POST /knobs)

Try
  TDSVER=7.4 tsql -H ${sqlServer.host} -p ${sqlServer.port} -U ${sqlServer.user} -P '${sqlServer.password}'
  curl --cacert '${azure.certificateFile}' -H 'Authorization: Bearer TOKEN' '${azure.resourceManager}/subscriptions/${azure.subscriptionId}/providers/Microsoft.Sql/managedInstances?api-version=2025-01-01'
    (TOKEN: curl --cacert '${azure.certificateFile}' -d grant_type=client_credentials -d client_id=${azure.clientId} -d client_secret=${azure.clientSecret} --data-urlencode scope=${azure.resourceManager}/.default ${azure.authority}/${azure.tenantId}/oauth2/v2.0/token)
  curl -X POST ${control}/knobs -H 'content-type: application/json' -d '{"writers":2}'
  Azure CLI (/adfs: it asks the public cloud about any other kind of sign-in authority it does not know)
    export REQUESTS_CA_BUNDLE='${azure.certificateFile}'
    az cloud register -n PracticeLab --endpoint-resource-manager ${azure.resourceManager}/ --endpoint-active-directory ${azure.authority}/adfs
    az cloud set -n PracticeLab
    az login --service-principal -u ${azure.clientId} -p '${azure.clientSecret}' --tenant ${azure.tenantId}
    az sql mi link show -g ${azure.resourceGroup} --mi ${azure.managedInstance} -n ${link.dag}

Ctrl+C stops it.
`;

/** Stops the lab on a signal (or when the parent is gone), also when it is still starting. */
const stopOnRequest = (starting: Promise<RunningLab>, stopWithParent: boolean): void => {
  const stop = () => {
    starting.then(lab => lab.stop()).catch(() => undefined);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (!stopWithParent) return;
  process.stdin.once('end', stop).once('close', stop).once('error', stop);
  process.stdin.resume();
};

const run = async (): Promise<void> => {
  const given = command.parse().opts<Arguments>();
  if (given.list) {
    process.stdout.write(`${scenarioNames.join('\n')}\n`);
    return;
  }
  const starting = startLab(labOptions(given));
  stopOnRequest(starting, given.stopWithParent === true);
  const lab = await starting;
  process.stdout.write(given.json ? `${JSON.stringify(lab.description)}\n` : summary(lab.description));
  await lab.stopped;
  // A client that keeps a connection half open must not keep the process.
  process.exit(0);
};

run().catch((reason: unknown) => {
  process.stderr.write(
    `The practice lab could not start: ${reason instanceof Error ? reason.message : String(reason)}\n`,
  );
  process.exit(1);
});
