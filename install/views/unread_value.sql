-- view: unread_value
-- needs: customer_id, amount
-- reads: source
-- inner
-- One row per value of the source that purchases could not take as it is: text that is no flag or frequency, and numbers that are more or less than the role takes (NULL in purchases), times that are infinite, out of range, or outside time_from and time_until (such rows are left out), and amounts with more decimals than the mart keeps (rounded). data_quality counts them.
-- column role_name: Role of the column that the value is in, or the dimension.
-- column source_value: The value, as the source has it.
-- column reason: Why: text, range, endless, far or rounded.
SELECT unread."purchase_trends role"::text AS role_name, unread."purchase_trends value" AS source_value, unread."purchase_trends reason"::text AS reason,
	@customer_column@ AS customer_id
FROM @source@
-- The names of the VALUES are none that a column of the source has, whose names stand bare in the expressions.
CROSS JOIN LATERAL (VALUES @unread_values@) AS unread("purchase_trends role", "purchase_trends value", "purchase_trends reason")
-- most rows have none
WHERE @row_condition@ AND (@has_unread@) AND unread."purchase_trends value" IS NOT NULL
