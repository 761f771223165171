-- view: unread_value
-- needs: customer_id, amount
-- reads: source
-- inner
-- One row per value of the source that purchases could not take as it is: text that is no flag or frequency (NULL in purchases), infinite times (left out), and amounts with more decimals than the mart keeps (rounded). data_quality counts them.
-- column role_name: Role of the column that the value is in.
-- column source_value: The value, as the source has it.
SELECT unread."purchase_trends role"::text AS role_name, unread."purchase_trends value" AS source_value
FROM @source@
-- The names of the VALUES are none that a column of the source has, whose names stand bare in the expressions.
CROSS JOIN LATERAL (VALUES @unread_values@) AS unread("purchase_trends role", "purchase_trends value")
-- most rows have none
WHERE (@has_unread@) AND unread."purchase_trends value" IS NOT NULL
