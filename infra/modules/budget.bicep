// Monthly budget of the resource group: mails at 50, 80 and 100 percent of cost, and when the forecast passes it. It warns, it never stops anything.

@description('Amount per month in the currency of the subscription.')
@minValue(1)
param amount int

@description('First day of the month in which the budget starts, e.g. 2026-12-01. Cannot be changed later.')
param startDate string

@description('Address that gets the mails.')
param email string

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: 'sluice'
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: startDate
    }
    notifications: {
      half: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 50
        thresholdType: 'Actual'
        contactEmails: [email]
      }
      most: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: [email]
      }
      all: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Actual'
        contactEmails: [email]
      }
      forecast: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: [email]
      }
    }
  }
}
