-- How the views reach the lake, and who may read them. Runs in sluice.
-- The credential is the identity of the workspace: readers need no role on the storage account.
IF NOT EXISTS (SELECT 1 FROM sys.symmetric_keys WHERE name = '##MS_DatabaseMasterKey##')
    CREATE MASTER KEY;
GO

IF NOT EXISTS (SELECT 1 FROM sys.database_scoped_credentials WHERE name = 'lake_identity')
    CREATE DATABASE SCOPED CREDENTIAL lake_identity WITH IDENTITY = 'Managed Identity';
GO

IF NOT EXISTS (SELECT 1 FROM sys.external_data_sources WHERE name = 'lake')
    CREATE EXTERNAL DATA SOURCE lake WITH (LOCATION = '$(lakeUrl)/$(lakeContainer)', CREDENTIAL = lake_identity);
GO

-- The identity of the app reads the views.
IF USER_ID('$(identityName)') IS NULL
    CREATE USER [$(identityName)] FROM EXTERNAL PROVIDER;
GO

ALTER ROLE db_datareader ADD MEMBER [$(identityName)];
GO

GRANT ADMINISTER DATABASE BULK OPERATIONS TO [$(identityName)];
GO

GRANT REFERENCES ON DATABASE SCOPED CREDENTIAL::lake_identity TO [$(identityName)];
GO
