import type { LabDatabase, SystemView } from '../engine/contract.ts';
import { SqlError } from '../engine/contract.ts';
import type { SqlType } from '../values.ts';
import { assertAccess, assertMay, viewerOf } from './access.ts';
import type { Bind, Names, OutputColumn, SessionContext, TableAccess } from './compiler.ts';
import { sameName } from './compiler.ts';
import type { DateOrder } from './date-text.ts';
import { CompileError, invalidObject, undeclaredTableVariable } from './errors.ts';
import { objectView } from './object-views.ts';
import type { Frame, SessionCore } from './session-state.ts';
import type { Home, Stores } from './stores.ts';
import type { ObjectName } from './syntax.ts';
import { accessOf, type TableDefinition } from './table-definition.ts';
import type { Stored } from './types.ts';

/** A view that a statement reads: filled from the engine just before the statement runs. */
export interface UsedView {
  readonly key: string;
  readonly view: SystemView;
  readonly databaseId: number;
}

/** A translated statement, ready to run as often as its tables stay as they were. */
export interface Plan {
  readonly sql: string;
  readonly binds: readonly Bind[];
  readonly columns: readonly OutputColumn[];
  readonly databases: readonly LabDatabase[];
  readonly views: readonly UsedView[];
  readonly tables: readonly { readonly home: Home; readonly name: string; readonly definition: TableDefinition }[];
  /** A table variable is another table each time. */
  readonly reusable: boolean;
}

/** A table that a statement names, found. */
export interface FoundTable {
  readonly home: Home;
  readonly definition: TableDefinition;
}

/** Resolves the names of one statement and notes what it uses. */
export class Resolution implements Names {
  readonly core: SessionCore;
  readonly stores: Stores;
  readonly frame: Frame;
  /** Every database whose store the statement looks into, also when it then fails. */
  readonly databases: Set<LabDatabase>;
  readonly views = new Map<string, UsedView>();
  readonly tables: Plan['tables'][number][] = [];
  reusable = true;
  constructor(core: SessionCore, stores: Stores, frame: Frame, databases: Set<LabDatabase>) {
    this.core = core;
    this.stores = stores;
    this.frame = frame;
    this.databases = databases;
  }

  get instance() {
    return this.core.instance;
  }
  get dateOrder(): DateOrder {
    return this.core.settings.dateOrder;
  }

  variableType(name: string): SqlType | undefined {
    return this.frame.variables.get(name)?.type;
  }

  table(name: ObjectName, line: number): TableAccess {
    const view = this.#view(name, line);
    if (view) return view;
    const { home, definition } = this.userTable(name, line);
    if (home.database) assertMay(this.core, home.database, 'SELECT', definition.name);
    return accessOf(definition, this.stores.place(home, definition.name));
  }

  tableVariable(name: string, line: number): TableAccess {
    const { home, definition } = this.variableTable(name, line);
    return accessOf(definition, this.stores.place(home, definition.name));
  }

  variableTable(name: string, line: number): FoundTable {
    this.reusable = false;
    const table = this.frame.tableVariables.get(name);
    const definition = table === undefined ? undefined : this.stores.definition(this.stores.memory, table);
    if (!definition) throw undeclaredTableVariable(name, line);
    return { home: this.stores.memory, definition };
  }

  /** A table that may be changed. Throws 208, 259, 976 and what else the database's state says. */
  userTable(name: ObjectName, line: number): FoundTable {
    const object = name.at(-1) ?? '';
    if (object.startsWith('#')) {
      const definition = this.stores.definition(this.stores.memory, object);
      if (!definition) throw invalidObject(object, line);
      this.tables.push({ home: this.stores.memory, name: object, definition });
      return { home: this.stores.memory, definition };
    }
    const database = this.databaseOf(name, line);
    const schema = name.length > 1 ? (name.at(-2) ?? '') : '';
    if (schema !== '' && !sameName(schema, 'dbo')) throw invalidObject(name.join('.'), line);
    const home = this.homeOf(database);
    const definition = this.stores.definition(home, object);
    if (!definition) throw invalidObject(name.join('.'), line);
    this.tables.push({ home, name: object, definition });
    return { home, definition };
  }

  homeOf(database: LabDatabase): Home {
    database.assertReadable(this.core.readOnlyIntent);
    assertAccess(this.core, database);
    this.databases.add(database);
    return this.stores.home(database);
  }

  /** The database a name means: named or current. Throws 911 and 7202. */
  databaseOf(name: ObjectName, line: number): LabDatabase {
    if (name.length === 4 && !sameName(name[0] ?? '', this.core.instance.name)) {
      throw new CompileError(
        7202,
        `Could not find server '${name[0]}' in sys.servers. Verify that the correct server name was specified. If necessary, execute the stored procedure sp_addlinkedserver to add the server to sys.servers.`,
        line,
        11,
        2,
      );
    }
    const part = name.length >= 3 ? (name.at(-3) ?? '') : '';
    if (part === '') return this.core.database;
    const database = this.core.instance.database(part);
    if (!database) throw invalidObject(name.join('.'), line);
    return database;
  }

  #view(name: ObjectName, line: number): TableAccess | undefined {
    const schema = name.length > 1 ? (name.at(-2) ?? '') : '';
    const object = name.at(-1) ?? '';
    if (object.startsWith('#')) return undefined;
    const isSystem = sameName(schema, 'sys') || sameName(schema, 'INFORMATION_SCHEMA');
    const database = this.databaseOf(name, line);
    const view = isSystem
      ? (objectView(`${schema}.${object}`, database, this.stores) ??
        this.core.instance.systemView(`${schema}.${object}`))
      : this.core.instance.systemView(`${database.name}.${schema === '' ? 'dbo' : schema}.${object}`);
    if (!view) {
      if (isSystem) throw invalidObject(name.join('.'), line);
      return undefined;
    }
    if (isSystem && objectView(`${schema}.${object}`, database, this.stores)) this.homeOf(database);
    const key = `${database.id}:${view.name.toLowerCase()}`;
    this.views.set(key, { key, view, databaseId: database.id });
    return this.stores.viewAccess(key, view);
  }

  plan(sql: string, binds: readonly Bind[], columns: readonly OutputColumn[]): Plan {
    return {
      sql,
      binds,
      columns,
      databases: [...this.databases],
      views: [...this.views.values()],
      tables: this.tables,
      reusable: this.reusable,
    };
  }
}

/** Whether the tables of a plan are still as it was made for. */
export const isCurrent = (plan: Plan, stores: Stores): boolean =>
  plan.tables.every(
    table =>
      (table.home.database === undefined || stores.home(table.home.database) !== undefined) &&
      stores.definition(table.home, table.name) === table.definition,
  );

/** Fills the views that a plan reads. Throws what the engine says, e.g. 300. */
export function refreshViews(views: readonly UsedView[], core: SessionCore, stores: Stores): void {
  for (const { key, view, databaseId } of views) {
    stores.fillView(key, view, view.rows(viewerOf(core.visible, databaseId)));
  }
}

/** The values of a plan's parameters at this moment. */
export const bindValues = (binds: readonly Bind[], frame: Frame, context: SessionContext): readonly Stored[] =>
  binds.map(bind => bindValue(bind, frame, context));

function bindValue(bind: Bind, frame: Frame, context: SessionContext): Stored {
  switch (bind.kind) {
    case 'value':
      return bind.value;
    case 'runtime':
      return bind.read(context);
    case 'variable': {
      const variable = frame.variables.get(bind.name);
      if (!variable) throw new SqlError(137, `Must declare the scalar variable "${bind.name}".`, 15, 2);
      return variable.value;
    }
  }
}
