// Alerts over the event catalogue (shared/azure/telemetry-events.ts) and the workbook an operator looks at. Runbook: docs/operations.md.
// A fresh workspace has no tables yet, so queries are not validated at deployment; test/infra checks their events and fields instead.

@description('Region of the rules.')
param location string

@description('Tags of every resource.')
param tags object

@description('Prefix of the names.')
param prefix string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Resource id of the Application Insights component.')
param componentId string

@description('Resource id of the Event Grid system topic.')
param topicId string

@description('Address that gets the alerts; empty: rules exist and notify nobody.')
param email string

@description('Share of failed documents, in percent, that raises the alert.')
@minValue(0)
@maxValue(100)
param failedPercent int

@description('Minutes without progress after which a run counts as stalled.')
@minValue(10)
param stalledMinutes int

@description('Share of documents sent to the LLM, in percent, that raises the alert.')
@minValue(1)
@maxValue(100)
param escalationPercent int

@description('Estimated LLM spend of a day, in whole USD, that raises the alert.')
@minValue(1)
param dailySpendUsd int

@description('Price of a million prompt tokens in USD, as text.')
param inputUsdPerMtok string

@description('Price of a million output tokens in USD, as text.')
param outputUsdPerMtok string

@description('Tokens per minute of the chat deployment; the line the workbook draws.')
param tokensPerMinute int

@description('False in small environments: rules are made but switched off.')
param isEnabled bool

@description('Monthly budget in the currency of the subscription; 0: none.')
param monthlyBudget int

@description('First day of the month in which the budget starts; empty: no budget.')
param budgetStartDate string

var rules = [
  {
    name: 'failed-documents'
    title: 'Too many documents failed'
    severity: 2
    frequency: 'PT15M'
    window: 'PT1H'
    query: replace(
      '''
AppTraces
| where Message == "run.completed"
| summarize documents = sum(tolong(Properties.documents)), failed = sum(tolong(Properties.failed))
| where documents > 0 and failed * 100.0 / documents > LIMIT
''',
      'LIMIT',
      string(failedPercent)
    )
  }
  {
    name: 'failed-runs'
    title: 'A run failed'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    query: '''
AppTraces
| where Message == "run.ended" and tostring(Properties.state) == "failed"
'''
  }
  {
    name: 'conservation'
    title: 'Documents in and decisions out differ'
    severity: 0
    frequency: 'PT5M'
    window: 'PT15M'
    query: '''
AppTraces
| where Message == "activity.failed" and tostring(Properties.code) == "run.conservation"
'''
  }
  {
    name: 'stalled-run'
    title: 'A run makes no progress'
    severity: 1
    frequency: 'PT15M'
    window: 'P1D'
    query: replace(
      '''
AppTraces
| where Message in ("step.done", "step.waiting", "activity.retry", "run.completed", "run.ended")
| summarize lastSeen = max(TimeGenerated), ended = countif(Message in ("run.completed", "run.ended")) by runId = tostring(Properties.runId)
| where ended == 0 and lastSeen < ago(LIMITm)
''',
      'LIMIT',
      string(stalledMinutes)
    )
  }
  {
    name: 'escalation-rate'
    title: 'More documents than usual need the LLM'
    severity: 3
    frequency: 'PT1H'
    window: 'P1D'
    query: replace(
      '''
AppTraces
| where Message == "step.done"
| extend step = tostring(Properties.step), documents = tolong(Properties.documents)
| summarize scored = sumif(documents, step == "score"), asked = sumif(tolong(Properties.asked), step == "score")
| where scored >= 100 and asked * 100.0 / scored > LIMIT
''',
      'LIMIT',
      string(escalationPercent)
    )
  }
  {
    name: 'spend'
    title: 'LLM spend of the last day is above the limit'
    severity: 2
    frequency: 'PT1H'
    window: 'P1D'
    query: replace(
      replace(
        replace(
          '''
AppTraces
| where Message == "llm.call"
| summarize tokensIn = sum(tolong(Properties.tokensIn)), tokensOut = sum(tolong(Properties.tokensOut))
| where (tokensIn * IN_PRICE + tokensOut * OUT_PRICE) / 1000000.0 > LIMIT
''',
          'IN_PRICE',
          inputUsdPerMtok
        ),
        'OUT_PRICE',
        outputUsdPerMtok
      ),
      'LIMIT',
      string(dailySpendUsd)
    )
  }
  {
    name: 'quota-starvation'
    title: 'Runs wait for LLM quota'
    severity: 3
    frequency: 'PT15M'
    window: 'PT1H'
    query: '''
AppTraces
| where Message == "step.waiting" and tostring(Properties.step) == "classify"
| summarize waits = count(), waitedMinutes = sum(tolong(Properties.waitMs)) / 60000.0
| where waitedMinutes > 30
'''
  }
  {
    name: 'llm-deployment'
    title: 'An LLM deployment is refused or gave up'
    severity: 2
    frequency: 'PT15M'
    window: 'PT1H'
    query: '''
AppTraces
| where Message in ("llm.deployment.given-up", "llm.deployment.long-refusal")
'''
  }
  {
    // A stand-in for a drift test on feature statistics: people are asked twice as often as in the two days before (the longest window a rule may have).
    name: 'drift'
    title: 'The share of documents for review has doubled'
    severity: 3
    frequency: 'PT6H'
    window: 'P2D'
    query: '''
AppTraces
| where Message == "run.completed"
| extend isNew = TimeGenerated > ago(6h), documents = tolong(Properties.documents), review = tolong(Properties.review)
| summarize newDocuments = sumif(documents, isNew), newReview = sumif(review, isNew), oldDocuments = sumif(documents, not(isNew)), oldReview = sumif(review, not(isNew))
| where newDocuments >= 100 and oldDocuments >= 100
| where newReview * 1.0 / newDocuments > 0.05 and newReview * 1.0 / newDocuments > 2.0 * oldReview / oldDocuments
'''
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: '${prefix}-people'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'sluice'
    emailReceivers: [
      {
        name: 'operators'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${prefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Sluice: ${rule.title}'
      description: 'Runbook: docs/operations.md, section "${rule.name}"'
      severity: rule.severity
      enabled: isEnabled
      scopes: [
        workspaceId
      ]
      evaluationFrequency: rule.frequency
      windowSize: rule.window
      autoMitigate: true
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: empty(email)
          ? []
          : [
              people.id
            ]
      }
    }
  }
]

resource deadEvents 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${prefix}-dead-events'
  location: 'global'
  tags: tags
  properties: {
    description: 'Sluice: upload events were not delivered. Runbook: docs/operations.md, section "dead-events"'
    severity: 1
    enabled: isEnabled
    scopes: [
      topicId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.EventGrid/systemTopics'
          metricName: 'DeadLetteredCount'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
        }
      ]
    }
    actions: empty(email)
      ? []
      : [
          {
            actionGroupId: people.id
          }
        ]
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'sluice-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Sluice'
    category: 'workbook'
    sourceId: componentId
    version: 'Notebook/1.0'
    serializedData: replace(
      replace(loadTextContent('../workbook.json'), 'WORKSPACE_ID', workspaceId),
      'TOKENS_PER_MINUTE',
      string(tokensPerMinute)
    )
  }
}

module budget 'budget.bicep' = if (monthlyBudget > 0 && !empty(budgetStartDate) && !empty(email)) {
  name: 'budget'
  params: {
    amount: max(monthlyBudget, 1)
    startDate: budgetStartDate
    email: email
  }
}

output workbookId string = workbook.id
