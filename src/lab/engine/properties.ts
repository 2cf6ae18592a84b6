import type { SqlValue } from '../values.ts';
import type { EngineDatabase } from './database.ts';
import type { EngineInstance } from './instance.ts';

/** Collation of the practice servers and of every database on them. */
export const serverCollation = 'SQL_Latin1_General_CP1_CI_AS';

/** SERVERPROPERTY; undefined = no such property. Types as the documentation lists them: int as number, text as string. */
export function serverProperty(instance: EngineInstance, name: string): SqlValue | undefined {
  const { personality } = instance;
  const [major = '', minor = '', build = ''] = personality.productVersion.split('.');
  const properties: Readonly<Record<string, SqlValue>> = {
    buildclrversion: 'v4.0.30319',
    collation: serverCollation,
    collationid: 872468488,
    comparisonstyle: 196609,
    computernamephysicalnetbios: instance.machineName,
    edition: personality.edition,
    editionid: personality.engineEdition === 8 ? 1674378470 : 1872460670,
    engineedition: personality.engineEdition,
    filestreamconfiguredlevel: 0,
    filestreameffectivelevel: 0,
    filestreamsharename: null,
    hadrmanagerstatus: 1,
    instancedefaultbackuppath: instance.isManagedInstance ? null : 'F:\\Backup\\',
    instancedefaultdatapath: instance.isManagedInstance ? null : 'D:\\Data\\',
    instancedefaultlogpath: instance.isManagedInstance ? null : 'E:\\Log\\',
    instancename: null,
    isadvancedanalyticsinstalled: 0,
    isbigdatacluster: 0,
    isclustered: 0,
    isexternalauthenticationonly: 0,
    isfulltextinstalled: 1,
    ishadrenabled: 1,
    isintegratedsecurityonly: 0,
    islocaldb: 0,
    ispolybaseinstalled: 0,
    isserversuspendedforsnapshotbackup: 0,
    issingleuser: 0,
    isxtpsupported: 1,
    lcid: 1033,
    licensetype: 'DISABLED',
    machinename: instance.machineName,
    numlicenses: null,
    pathseparator: '\\',
    processid: 4316,
    productbuild: build,
    productbuildtype: personality.updateLevel ? 'GDR' : null,
    productlevel: personality.productLevel,
    productmajorversion: major,
    productminorversion: minor,
    productupdatelevel: personality.updateLevel ?? null,
    productupdatereference: null,
    productversion: personality.productVersion,
    resourcelastupdatedatetime: '2026-01-28T08:26:59.000',
    resourceversion: personality.productVersion,
    servername: instance.name,
    sqlcharset: 1,
    sqlcharsetname: 'iso_1',
    sqlsortorder: 52,
    sqlsortordername: 'nocase_iso',
    suspendeddatabasecount: 0,
  };
  return properties[name.trim().toLowerCase()];
}

/** DATABASEPROPERTYEX; NULL for an unknown database or property. */
export function databaseProperty(database: EngineDatabase | undefined, property: string): SqlValue {
  if (!database) return null;
  const readOnly = database.readOnly || database.role === 'SECONDARY' || database.role === 'RESOLVING';
  const properties: Readonly<Record<string, SqlValue>> = {
    collation: serverCollation,
    comparisonstyle: 196609,
    edition: null,
    isansinulldefault: 0,
    isautoclose: 0,
    isautocreatestatistics: 1,
    isautoshrink: 0,
    isautoupdatestatistics: 1,
    isfulltextenabled: 1,
    isinstandby: 0,
    islocalcursorsdefault: 0,
    ismergepublished: 0,
    isparameterizationforced: 0,
    ispublished: 0,
    issubscribed: 0,
    issyncwithbackup: 0,
    isxtpsupported: 1,
    lcid: 1033,
    recovery: database.recoveryModel,
    status: database.state,
    updateability: readOnly ? 'READ_ONLY' : 'READ_WRITE',
    useraccess: database.userAccess,
    version: 904,
  };
  return properties[property.trim().toLowerCase()] ?? null;
}
