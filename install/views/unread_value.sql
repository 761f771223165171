-- view: unread_value
-- needs: customer_id, amount
-- reads: source
-- inner
-- One row per value of the source that purchases could not take as it is: text that is no flag or frequency (NULL in purchases), infinite times (left out), and amounts with more decimals than the mart keeps (rounded). data_quality counts them.
-- column role_name: Role of the column that the value is in.
-- column source_value: The value, as the source has it.
SELECT unread.role_name::text AS role_name, unread.source_value
FROM (
	-- most rows have none
	SELECT * FROM @source@ WHERE @has_unread@
) source_row
CROSS JOIN LATERAL (VALUES @unread_values@) AS unread(role_name, source_value)
WHERE unread.source_value IS NOT NULL
