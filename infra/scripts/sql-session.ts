// A session with Synapse serverless SQL. Batches are sent as they are (execSqlBatch): sp_executesql breaks CREATE VIEW and CREATE DATABASE.
import { Connection, Request } from 'tedious';

export interface SqlSession {
  batch(sql: string): Promise<void>;
  /** The first column of the first row; undefined when there is none. */
  value(sql: string): Promise<unknown>;
  close(): void;
}

/** Opens sessions; rejects with tedious errors, whose `number` and message tell the cause. */
export type OpenSession = (database: string) => Promise<SqlSession>;

/** @param server  e.g. name-ondemand.sql.azuresynapse.net  @param token  for https://database.windows.net/ */
export const openSession =
  (server: string, token: () => Promise<string>): OpenSession =>
  async (database) => {
    const connection = new Connection({
      server,
      authentication: { type: 'azure-active-directory-access-token', options: { token: await token() } },
      options: { database, encrypt: true, port: 1433, connectTimeout: 60_000, requestTimeout: 120_000 },
    });
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    return {
      batch: (sql) =>
        new Promise((resolve, reject) => {
          connection.execSqlBatch(new Request(sql, (error) => (error ? reject(error) : resolve())));
        }),
      value: (sql) =>
        new Promise((resolve, reject) => {
          let value: unknown;
          const request = new Request(sql, (error) => (error ? reject(error) : resolve(value)));
          request.on('row', (columns: { value: unknown }[]) => {
            value ??= columns[0]?.value;
          });
          connection.execSqlBatch(request);
        }),
      close: () => connection.close(),
    };
  };
