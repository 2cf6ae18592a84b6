import type { SystemView } from '../contract.ts';
import type { EngineInstance } from '../instance.ts';
import { availabilityViews } from './availability.ts';
import { databaseViews } from './databases.ts';
import { msdbViews } from './msdb.ts';
import { securityViews } from './security.ts';
import { serverViews } from './server.ts';
import { sessionViews } from './sessions.ts';
import { bindView } from './view.ts';

const definitions = [
  ...availabilityViews,
  ...databaseViews,
  ...sessionViews,
  ...securityViews,
  ...serverViews,
  ...msdbViews,
];

/** All system views of a server, by lower-case name. */
export const viewsOf = (instance: EngineInstance): ReadonlyMap<string, SystemView> =>
  new Map(definitions.map(definition => [definition.name.toLowerCase(), bindView(definition, instance)]));
