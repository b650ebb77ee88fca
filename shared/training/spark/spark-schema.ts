// The columns of stage data in Spark's own schema language. Spark finds it in the Parquet footer and takes vectors and matrices for
// what they are only when it names their classes.
// Source: org.apache.spark.sql.types.DataType.json; ParquetReadSupport.SPARK_METADATA_KEY.
import type { DuckDBType } from '@duckdb/node-api';
import type { DuckDb } from '../../lake/duckdb.ts';

export const SCHEMA_KEY = 'org.apache.spark.sql.parquet.row.metadata';

export type SparkType =
  | 'byte'
  | 'integer'
  | 'long'
  | 'double'
  | 'string'
  | 'boolean'
  | ArrayType
  | StructType
  | UserType;

interface ArrayType {
  type: 'array';
  elementType: SparkType;
  containsNull: boolean;
}

export interface StructType {
  type: 'struct';
  fields: { name: string; type: SparkType; nullable: boolean; metadata: Record<string, never> }[];
}

interface UserType {
  type: 'udt';
  class: string;
  pyClass: string;
  sqlType: StructType;
}

const arrayOf = (elementType: SparkType): ArrayType => ({ type: 'array', elementType, containsNull: false });

/** A struct of columns; those that end in `?` may be null. */
export const structOf = (columns: Readonly<Record<string, SparkType>>): StructType => ({
  type: 'struct',
  fields: Object.entries(columns).map(([name, type]) => ({
    name: name.replace('?', ''),
    type,
    nullable: name.endsWith('?') || typeof type === 'object',
    metadata: {},
  })),
});

const userType = (name: string, sqlType: StructType): UserType => ({
  type: 'udt',
  class: `org.apache.spark.ml.linalg.${name}`,
  pyClass: `pyspark.ml.linalg.${name}`,
  sqlType,
});

const vector = userType(
  'VectorUDT',
  structOf({ type: 'byte', 'size?': 'integer', indices: arrayOf('integer'), values: arrayOf('double') }),
);

const matrix = userType(
  'MatrixUDT',
  structOf({
    type: 'byte',
    numRows: 'integer',
    numCols: 'integer',
    colPtrs: arrayOf('integer'),
    rowIndices: arrayOf('integer'),
    values: arrayOf('double'),
    isTransposed: 'boolean',
  }),
);

export const indexerSchema = structOf({ labelsArray: arrayOf(arrayOf('string')) });

export const idfSchema = structOf({ idf: vector, docFreq: arrayOf('long'), numDocs: 'long' });

export const regressionSchema = structOf({
  numClasses: 'integer',
  numFeatures: 'integer',
  interceptVector: vector,
  coefficientMatrix: matrix,
  isMultinomial: 'boolean',
});

/** The DuckDB type that is written as this one. */
export function duckdbTypeOf(type: SparkType, duckdb: DuckDb): DuckDBType {
  const { TINYINT, INTEGER, BIGINT, DOUBLE, VARCHAR, BOOLEAN, LIST, STRUCT } = duckdb;
  if (typeof type === 'string')
    return { byte: TINYINT, integer: INTEGER, long: BIGINT, double: DOUBLE, string: VARCHAR, boolean: BOOLEAN }[type];
  if (type.type === 'array') return LIST(duckdbTypeOf(type.elementType, duckdb));
  const { fields } = type.type === 'udt' ? type.sqlType : type;
  return STRUCT(Object.fromEntries(fields.map((field) => [field.name, duckdbTypeOf(field.type, duckdb)])));
}
