-- Database of the views. Runs in master. UTF-8 collation: strings of the Parquet files are UTF-8.
IF NOT EXISTS (SELECT 1 FROM sys.databases WHERE name = 'sluice')
    EXEC('CREATE DATABASE sluice COLLATE Latin1_General_100_BIN2_UTF8');
GO
