-- What people ask most. Runs in sluice, after 03-tables.sql.

-- The newest decision of each document.
CREATE OR ALTER VIEW dbo.latest_results AS
SELECT
    run_id, batch_id, document_id, source_path, archive_path, source_etag, content_sha256, media_type, size_bytes, pages, chars,
    language, status, label, confidence, decided_by, top_labels_json, evidence_json, llm_quote, llm_quote_verified, failure_code,
    failure_message, taxonomy_version, model_version, llm_deployment, prompt_version, tokens_in, tokens_out, cost_usd,
    pipeline_version, processed_at, run_date, duplicate_of, warnings_json, source, source_name, source_url
FROM (
    SELECT
        *,
        ROW_NUMBER() OVER (
            PARTITION BY document_id
            ORDER BY
                last_at DESC,
                CASE WHEN decided_by = 'human' THEN 0 ELSE 1 END,
                processed_at DESC,
                run_id DESC
        ) AS place
    FROM (
        SELECT
            *,
            -- One content under one taxonomy: what a person said of it stands.
            MAX(processed_at) OVER (
                PARTITION BY document_id, COALESCE(content_sha256, source_etag), taxonomy_version
            ) AS last_at
        FROM dbo.results
    ) AS dated
) AS ranked
WHERE place = 1;
GO

-- Documents per day, status and label; a re-run counts again.
CREATE OR ALTER VIEW dbo.labels_by_day AS
SELECT
    run_date,
    status,
    label,
    COUNT_BIG(*) AS documents,
    AVG(confidence) AS mean_confidence
FROM dbo.results
GROUP BY run_date, status, label;
GO

-- Money and tokens per day and deployment, from the ledger. Attempts whose outcome is unknown are counted, their cost is not known.
CREATE OR ALTER VIEW dbo.cost_by_day AS
SELECT
    run_date,
    deployment,
    COUNT_BIG(*) AS attempts,
    SUM(CASE WHEN http_status = 429 THEN 1 ELSE 0 END) AS throttled,
    SUM(CASE WHEN outcome = 'unknown' THEN 1 ELSE 0 END) AS unknown_attempts,
    SUM(tokens_prompt) AS tokens_prompt,
    SUM(tokens_cached) AS tokens_cached,
    SUM(tokens_completion) AS tokens_completion,
    SUM(CAST(cost_nano_usd AS float)) / 1e9 AS cost_usd
FROM dbo.llm_calls
GROUP BY run_date, deployment;
GO

-- The conservation law: documents in = labelled + review + failed, and as many rows as the run says. No row here means it holds.
CREATE OR ALTER VIEW dbo.conservation_violations AS
SELECT
    r.run_id,
    r.documents,
    r.labelled,
    r.review,
    r.failed,
    COALESCE(d.row_count, 0) AS row_count
FROM dbo.runs AS r
LEFT JOIN (
    SELECT
        run_id,
        COUNT_BIG(DISTINCT document_id) AS row_count -- what people decide later comes on top of a document's row in the run
    FROM dbo.results
    GROUP BY run_id
) AS d ON r.run_id = d.run_id
WHERE
    r.state = 'completed'
    AND (r.documents <> r.labelled + r.review + r.failed OR r.documents <> COALESCE(d.row_count, 0));
GO
