-- One view per Delta table, typed, with the columns of shared/lake/tables.ts in their order (a test compares them). Runs in sluice.
-- Views, not external tables: OPENROWSET prunes partitions. The path is the folder that holds _delta_log.

CREATE OR ALTER VIEW dbo.results AS
SELECT *
FROM OPENROWSET(BULK 'tables/results/', DATA_SOURCE = 'lake', FORMAT = 'DELTA')
WITH (
    run_id varchar(128),
    batch_id varchar(32),
    document_id varchar(64),
    source_path varchar(1024),
    archive_path varchar(2048),
    source_etag varchar(64),
    content_sha256 varchar(64),
    media_type varchar(128),
    size_bytes bigint,
    pages bigint,
    chars bigint,
    language varchar(16),
    status varchar(16),
    label varchar(256),
    confidence float,
    decided_by varchar(16),
    top_labels_json varchar(max),
    evidence_json varchar(max),
    llm_quote varchar(4000),
    llm_quote_verified bit,
    failure_code varchar(64),
    failure_message varchar(4000),
    taxonomy_version varchar(128),
    model_version varchar(32),
    llm_deployment varchar(128),
    prompt_version varchar(64),
    tokens_in bigint,
    tokens_out bigint,
    cost_usd float,
    pipeline_version varchar(32),
    processed_at datetime2(6),
    run_date date,
    duplicate_of varchar(64),
    warnings_json varchar(max),
    source varchar(64),
    source_name varchar(2048),
    source_url varchar(4000)
) AS r;
GO

CREATE OR ALTER VIEW dbo.llm_calls AS
SELECT *
FROM OPENROWSET(BULK 'tables/llm_calls/', DATA_SOURCE = 'lake', FORMAT = 'DELTA')
WITH (
    run_id varchar(128),
    batch_id varchar(32),
    call_key varchar(128),
    attempt bigint,
    document_count bigint,
    deployment varchar(128),
    model varchar(128),
    service_tier varchar(64),
    request_id varchar(128),
    started_at datetime2(6),
    ended_at datetime2(6),
    http_status bigint,
    finish_reason varchar(64),
    charge_estimate bigint,
    tokens_prompt bigint,
    tokens_cached bigint,
    tokens_cache_write bigint,
    tokens_completion bigint,
    tokens_reasoning bigint,
    price_id varchar(256),
    cost_nano_usd bigint,
    outcome varchar(16),
    error_code varchar(64),
    run_date date,
    service_words varchar(1024)
) AS r;
GO

CREATE OR ALTER VIEW dbo.runs AS
SELECT *
FROM OPENROWSET(BULK 'tables/runs/', DATA_SOURCE = 'lake', FORMAT = 'DELTA')
WITH (
    run_id varchar(128),
    kind varchar(16),
    state varchar(16),
    started_at datetime2(6),
    ended_at datetime2(6),
    documents bigint,
    labelled bigint,
    review bigint,
    failed bigint,
    cost_usd float,
    model_version varchar(32),
    taxonomy_version varchar(128),
    pipeline_version varchar(32),
    request_json varchar(max),
    run_date date
) AS r;
GO

CREATE OR ALTER VIEW dbo.feedback AS
SELECT *
FROM OPENROWSET(BULK 'tables/feedback/', DATA_SOURCE = 'lake', FORMAT = 'DELTA')
WITH (
    feedback_id varchar(64),
    document_id varchar(64),
    run_id varchar(128),
    label varchar(256),
    previous_label varchar(256),
    reviewer varchar(256),
    note varchar(4000),
    created_at datetime2(6),
    run_date date,
    content_sha256 varchar(64),
    source_etag varchar(128),
    scored_label varchar(256),
    scored_confidence float,
    scored_by varchar(256)
) AS r;
GO
