-- Revenue to be expected
-- 95 % of such months lie between lower and upper.
-- display: line period_start forecast lower upper
-- needs: revenue_forecast
-- variable unit: text month, Unit (month, day)
SELECT period_start, forecast, lower, upper
FROM MART.revenue_forecast
WHERE unit = {{unit}}
ORDER BY period_start
