/** The made-up company of the practice worlds. */
export const linkedDatabase = 'Sales';
export const serverName = 'SQLPROD01';
export const domain = 'corp.example';
export const instanceName = 'mi-prod-weu';
export const dnsZone = '8f7a3c21d9e4';
export const instanceHost = `${instanceName}.${dnsZone}.database.windows.net`;
export const administrator = 'practice_admin';
export const dayMs = 86_400_000;
