import type { Place, Typed } from '../compiler.ts';
import { syntaxNear, unknownFunction, unsupported, wrongArgumentCount } from '../errors.ts';
import type { CallExpression } from '../syntax.ts';
import { aggregateNames, refusedAggregates, translateAggregate } from './aggregates.ts';
import { dateFunctions } from './date.ts';
import type { Functions } from './define.ts';
import { generalFunctions } from './general.ts';
import { mathFunctions } from './math.ts';
import { serverFunctions } from './server.ts';
import { textFunctions } from './text.ts';
import { rankingNames, type Translate, translateRanking } from './windows.ts';

const functions: Functions = {
  ...generalFunctions,
  ...textFunctions,
  ...mathFunctions,
  ...dateFunctions,
  ...serverFunctions,
};

/** Functions SQL Server has and the lab refuses: saying "not recognized" would be untrue. */
const refused = new Set(
  `FORMAT CHECKSUM BINARY_CHECKSUM FORMATMESSAGE STRING_ESCAPE COMPRESS DECOMPRESS OBJECTPROPERTY OBJECTPROPERTYEX COLUMNPROPERTY INDEXPROPERTY TYPEPROPERTY TYPE_ID
  FILE_ID FILE_NAME FILEGROUP_ID FILEGROUP_NAME FILEPROPERTY FULLTEXTSERVICEPROPERTY COL_NAME COL_LENGTH INDEX_COL STATS_DATE IDENT_CURRENT IDENT_SEED IDENT_INCR
  JSON_VALUE JSON_QUERY JSON_MODIFY ISJSON JSON_OBJECT JSON_ARRAY OBJECT_DEFINITION SQL_VARIANT_PROPERTY DATABASE_PRINCIPAL_ID USER_ID LOGINPROPERTY PERMISSIONS
  SESSION_CONTEXT CONTEXT_INFO CERTENCODED CERTPRIVATEKEY CERT_ID CRYPT_GEN_RANDOM ENCRYPTBYKEY PWDCOMPARE PWDENCRYPT TIMEFROMPARTS DATETIME2FROMPARTS
  DATETIMEOFFSETFROMPARTS SMALLDATETIMEFROMPARTS TEXTPTR MIN_ACTIVE_ROWVERSION ROWCOUNT_BIG ATN2 COT DEGREES RADIANS GREATEST LEAST DATETRUNC DATE_BUCKET TRY_PARSE`.split(
    /\s+/,
  ),
);

/** A call of any built-in. Throws 195 and 174, and refuses by name what the lab lacks. */
export function translateCall(call: CallExpression, place: Place, translate: Translate): Typed {
  const { name, line } = call;
  if (aggregateNames.has(name)) return translateAggregate(call, place, translate);
  if (rankingNames.has(name)) return translateRanking(call, place, translate);
  if (refused.has(name) || refusedAggregates.has(name)) throw unsupported(`the function ${name}`, line);
  const known = functions[name];
  if (!known) throw unknownFunction(name, line);
  if (call.over) throw syntaxNear('OVER', line);
  if (call.star || call.distinct) throw syntaxNear(call.star ? '*' : 'DISTINCT', line);
  const [least, most] = known.arguments;
  if (call.arguments.length < least || call.arguments.length > most)
    throw wrongArgumentCount(name, least === most ? String(least) : `${least} to ${most}`, line);
  const operands = call.arguments.map(argument => translate(argument, place));
  return known.translate(operands, { compiler: place.compiler, place, name, line, expressions: call.arguments });
}
