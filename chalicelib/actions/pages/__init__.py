"""The operator's page: views over the operator's actions, the same for every place that shows them.

`markup` escapes, `frame` knows the places (the CloudWatch widget, a browser), `page` asks the actions,
`told` says what became of one. Every other file is views of one subject. Nothing here touches a table.
"""
