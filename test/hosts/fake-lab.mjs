// Stands in for the bundled practice lab: does what its scenario says.
import { appendFileSync } from 'node:fs';

const scenario = process.argv[process.argv.indexOf('--scenario') + 1] ?? '';
const [behaviour, file] = scenario.split('|');
const server = { host: '127.0.0.1', port: 14330, user: 'practice', password: 'Pr4ctice!', certificateFile: '/x.pem' };
const description = {
  sqlServer: server,
  managedInstance: { ...server, port: 14331, fullyQualifiedDomainName: 'mi.zone.database.windows.net' },
  azure: {
    resourceManager: 'https://127.0.0.1:4430',
    authority: 'https://127.0.0.1:4431',
    certificateFile: '/x.pem',
    tenantId: 't',
    clientId: 'c',
    clientSecret: 'cl1ent-secret',
    token: 'later',
    subscriptionId: 's',
    resourceGroup: 'rg',
    managedInstance: 'mi',
    location: 'westeurope',
  },
  link: { dag: 'DAG_Sales', ag: 'AG_Sales', databases: ['Sales'] },
  control: 'http://127.0.0.1:4432',
};
const ready = value => process.stdout.write(`${JSON.stringify(value)}\n`);
/** Its input closing is not what ends it. */
const stay = () => setInterval(() => undefined, 60_000);
if (file)
  appendFileSync(
    file,
    `${process.argv.slice(2, 4).join(' ')} node=${process.env.ELECTRON_RUN_AS_NODE} options=${process.env.NODE_OPTIONS}\n`,
  );

switch (behaviour) {
  case 'good':
    process.on('SIGTERM', () => {
      if (file) appendFileSync(file, 'stopped\n');
      process.exit(0);
    });
    ready(description);
    stay();
    break;
  case 'crashLater':
    ready(description);
    console.error('the engine has a defect');
    process.exitCode = 3;
    break;
  case 'crash':
    console.error('no free port');
    process.exitCode = 7;
    break;
  case 'garbage':
    process.stdout.write('hello\n');
    stay();
    break;
  case 'incomplete':
    ready({ ...description, azure: { ...description.azure, clientSecret: undefined } });
    stay();
    break;
  case 'silent':
    stay();
    break;
}
