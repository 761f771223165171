-- calendar: months, fiscal years, weeks and retail years, as values

CREATE TYPE @extschema@.sales_calendar;

CREATE FUNCTION @extschema@.sales_calendar_in(cstring) RETURNS @extschema@.sales_calendar
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_calendar_in';
COMMENT ON FUNCTION @extschema@.sales_calendar_in(cstring) IS
'I/O';

CREATE FUNCTION @extschema@.sales_calendar_out(@extschema@.sales_calendar) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_calendar_out';
COMMENT ON FUNCTION @extschema@.sales_calendar_out(@extschema@.sales_calendar) IS
'I/O';

CREATE FUNCTION @extschema@.sales_calendar_recv(internal) RETURNS @extschema@.sales_calendar
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_calendar_recv';
COMMENT ON FUNCTION @extschema@.sales_calendar_recv(internal) IS
'I/O';

CREATE FUNCTION @extschema@.sales_calendar_send(@extschema@.sales_calendar) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_calendar_send';
COMMENT ON FUNCTION @extschema@.sales_calendar_send(@extschema@.sales_calendar) IS
'I/O';

CREATE TYPE @extschema@.sales_calendar (
	INPUT = @extschema@.sales_calendar_in,
	OUTPUT = @extschema@.sales_calendar_out,
	RECEIVE = @extschema@.sales_calendar_recv,
	SEND = @extschema@.sales_calendar_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = plain
);
COMMENT ON TYPE @extschema@.sales_calendar IS
'Which days are a period of a year: a rule, by which there is a period for every day. Text form: month; fiscal year from july; iso week; week from sunday; 4-5-4, years end on the saturday nearest the end of january (short: 4-5-4 nrf); 4-4-5, years end on the last saturday of september; 5-4-4 likewise. Fiscal and retail years are named by the calendar year that has most of their months (by that in which they end, if both have six), or as ", named by the start" or ", named by the end" says. Case and commas do not matter; three letters of a month or weekday are enough.';

CREATE FUNCTION @extschema@.pt_sales_calendar_eq(a @extschema@.sales_calendar, b @extschema@.sales_calendar) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_calendar_eq';
COMMENT ON FUNCTION @extschema@.pt_sales_calendar_eq(@extschema@.sales_calendar, @extschema@.sales_calendar) IS
'Implementation of the operator = of sales_calendar.';

CREATE OPERATOR @extschema@.= (
	FUNCTION = @extschema@.pt_sales_calendar_eq,
	LEFTARG = @extschema@.sales_calendar,
	RIGHTARG = @extschema@.sales_calendar,
	COMMUTATOR = OPERATOR(@extschema@.=),
	NEGATOR = OPERATOR(@extschema@.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel
);
COMMENT ON OPERATOR @extschema@.= (@extschema@.sales_calendar, @extschema@.sales_calendar) IS
'Whether two calendars have the same periods by the same names.';

CREATE FUNCTION @extschema@.pt_sales_calendar_ne(a @extschema@.sales_calendar, b @extschema@.sales_calendar) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_calendar_ne';
COMMENT ON FUNCTION @extschema@.pt_sales_calendar_ne(@extschema@.sales_calendar, @extschema@.sales_calendar) IS
'Implementation of the operator <> of sales_calendar.';

CREATE OPERATOR @extschema@.<> (
	FUNCTION = @extschema@.pt_sales_calendar_ne,
	LEFTARG = @extschema@.sales_calendar,
	RIGHTARG = @extschema@.sales_calendar,
	COMMUTATOR = OPERATOR(@extschema@.<>),
	NEGATOR = OPERATOR(@extschema@.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);
COMMENT ON OPERATOR @extschema@.<> (@extschema@.sales_calendar, @extschema@.sales_calendar) IS
'Whether two calendars have different periods, or names of them.';

CREATE FUNCTION @extschema@.month_calendar(first_month integer DEFAULT 1, named_by_end boolean DEFAULT NULL) RETURNS @extschema@.sales_calendar
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_month_calendar';
COMMENT ON FUNCTION @extschema@.month_calendar(integer, boolean) IS
'The calendar whose periods are months and whose years begin with first_month (1 January to 12). named_by_end: whether such a year is named by the calendar year in which it ends; NULL: by the one that has most of its months, and if both have six, by the end. Errors: no such month (22023), NULL (22004).';

CREATE FUNCTION @extschema@.week_calendar(first_weekday integer DEFAULT 1) RETURNS @extschema@.sales_calendar
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_week_calendar';
COMMENT ON FUNCTION @extschema@.week_calendar(integer) IS
'The calendar whose periods are weeks that begin on first_weekday (1 Monday to 7 Sunday). A week is of the year that has most of its days, which is that of its fourth day; week 1 is the first of its year: from Monday these are the weeks of ISO 8601, from Sunday those of the US health service (MMWR). Errors: no such weekday (22023), NULL (22004).';

CREATE FUNCTION @extschema@.retail_calendar(pattern text, last_month integer DEFAULT 1, last_weekday integer DEFAULT 6, nearest boolean DEFAULT true, named_by_end boolean DEFAULT NULL) RETURNS @extschema@.sales_calendar
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_retail_calendar';
COMMENT ON FUNCTION @extschema@.retail_calendar(text, integer, integer, boolean, boolean) IS
'The calendar with twelve periods of whole weeks, three in each quarter: pattern is 4-4-5, 4-5-4 or 5-4-4. A year ends on last_weekday (1 Monday to 7 Sunday), on the one that is nearest to the end of last_month (1 January to 12) or, if nearest is false, on the last one in it; so that it has 52 weeks or 53, of which the last is of period 12. named_by_end: as in month_calendar. With 4-5-4 and the defaults it is the calendar of the National Retail Federation of the US. Errors: no such pattern, month or weekday (22023), NULL (22004).';

CREATE FUNCTION @extschema@.calendar_period(calendar @extschema@.sales_calendar, day date,
	OUT period_start date, OUT period_end date, OUT period_year integer, OUT period_number integer, OUT period_label text, OUT day_count integer)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_calendar_period';
COMMENT ON FUNCTION @extschema@.calendar_period(@extschema@.sales_calendar, date) IS
'The period that a day is in: its first and last day, the year that it belongs to, its number in this year from 1, its label (2024-03 a month, 2024-W03 a week, FY2024-P03 of a fiscal or retail year), which calendar_range reads, and how many days it has. Years before 1 AD are 0, -1 and so on. NULL if an argument is NULL. Days that are infinite, or from the year 294277 on, are error 22008.';

CREATE FUNCTION @extschema@.calendar_periods(calendar @extschema@.sales_calendar, from_day date, until_day date)
	RETURNS TABLE (period_start date, period_end date, period_year integer, period_number integer, period_label text, day_count integer)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'pt_calendar_periods';
COMMENT ON FUNCTION @extschema@.calendar_periods(@extschema@.sales_calendar, date, date) IS
'All periods with a day from from_day to until_day, in order, as calendar_period has them. No rows if from_day is later, or an argument is NULL. More than 100000 periods are error 54000; days as in calendar_period.';

CREATE FUNCTION @extschema@.calendar_range(calendar @extschema@.sales_calendar, period_label text) RETURNS daterange
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_calendar_range';
COMMENT ON FUNCTION @extschema@.calendar_range(@extschema@.sales_calendar, text) IS
'The days of the period with this label, as calendar_period gives it. NULL if an argument is NULL. Error 22023 if there is no such period: week 53 of a year that has 52, for instance.';

CREATE FUNCTION @extschema@.pt_calendar_has_months(calendar @extschema@.sales_calendar) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_calendar_has_months';
COMMENT ON FUNCTION @extschema@.pt_calendar_has_months(@extschema@.sales_calendar) IS
'Whether the periods are calendar months, whatever the years are.';

CREATE FUNCTION @extschema@.pt_calendar_series_unit(calendar @extschema@.sales_calendar) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_calendar_series_unit';
COMMENT ON FUNCTION @extschema@.pt_calendar_series_unit(@extschema@.sales_calendar) IS
'What the periods stand for in a sales_series: week, or month if a year has twelve.';

CREATE FUNCTION @extschema@.pt_calendar_series_day(calendar @extschema@.sales_calendar, day date) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_calendar_series_day';
COMMENT ON FUNCTION @extschema@.pt_calendar_series_day(@extschema@.sales_calendar, date) IS
'The first day of the month, or week from Monday, that the period of a day stands for in a sales_series: those of periods that follow each other follow each other. Period 3 of a year of twelve is a March, or another month that always is the same.';

CREATE FUNCTION @extschema@.pt_calendar_of_series_day(calendar @extschema@.sales_calendar, day date) RETURNS date
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_calendar_of_series_day';
COMMENT ON FUNCTION @extschema@.pt_calendar_of_series_day(@extschema@.sales_calendar, date) IS
'The first day of the period for which pt_calendar_series_day gives this month or week.';
