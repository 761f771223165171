/*-------------------------------------------------------------------------
 *
 * rfm_scheme.c
 *		Segment schemes: rules that turn RFM scores into a segment.
 *
 * A rule has a segment's name and a range of scores for r, f, m and fm, the
 * mean of f and m.  The first rule that matches gives the segment.  Means
 * have halves, so the range of fm is kept and compared in halves: f + m.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "input.h"
#include "rfm.h"

PG_FUNCTION_INFO_V1(pt_segment_scheme_in);
PG_FUNCTION_INFO_V1(pt_segment_scheme_out);
PG_FUNCTION_INFO_V1(pt_segment_scheme_recv);
PG_FUNCTION_INFO_V1(pt_segment_scheme_send);
PG_FUNCTION_INFO_V1(pt_segment_scheme_rules);
PG_FUNCTION_INFO_V1(pt_builtin_segment_scheme);
PG_FUNCTION_INFO_V1(pt_builtin_segment_schemes);
PG_FUNCTION_INFO_V1(pt_rfm_segment);
PG_FUNCTION_INFO_V1(pt_rfm_segment_sort);
PG_FUNCTION_INFO_V1(pt_rfm_segment_of_history);
PG_FUNCTION_INFO_V1(pt_rfm_segment_sort_of_history);
PG_FUNCTION_INFO_V1(pt_check_segment_scheme);

#define SCHEME_VERSION		1
#define MAX_RULES			1000
#define MAX_NAME_LENGTH		255

#define R		0
#define F		1
#define M		2
#define FM		3				/* in halves */
#define CONDITIONS	4

static const char *const condition_names[CONDITIONS] = {"r", "f", "m", "fm"};
static const uint8 highest[CONDITIONS] = {
	RFM_MAX_SCORE, RFM_MAX_SCORE, RFM_MAX_SCORE, 2 * RFM_MAX_SCORE
};

typedef struct SegmentRule
{
	uint8		low[CONDITIONS];	/* 0 and highest: any score */
	uint8		high[CONDITIONS];
	uint8		name_length;	/* in bytes, at least 1 */
} SegmentRule;

StaticAssertDecl(sizeof(SegmentRule) == 2 * CONDITIONS + 1,
				 "a rule must have no padding");

typedef struct SegmentScheme
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	int16		version;
	int16		nrules;
	SegmentRule rules[FLEXIBLE_ARRAY_MEMBER];
	/* the names follow, one after the other */
} SegmentScheme;

#define RULES_SIZE(nrules) \
	(offsetof(SegmentScheme, rules) + (Size) (nrules) * sizeof(SegmentRule))

/*--- The struct ---*/

/* What is wrong with the scheme, or NULL. */
static const char *
scheme_fault(const SegmentScheme *scheme)
{
	Size		size = VARSIZE(scheme);
	Size		expected;

	if (size < offsetof(SegmentScheme, rules))
		return "It is shorter than its header.";
	if (scheme->version != SCHEME_VERSION)
		return "Its version is not known.";
	if (scheme->nrules < 1 || scheme->nrules > MAX_RULES)
		return "Its number of rules is out of range.";
	expected = RULES_SIZE(scheme->nrules);
	if (size < expected)
		return "It is shorter than its rules.";
	for (int i = 0; i < scheme->nrules; i++)
	{
		const SegmentRule *rule = &scheme->rules[i];

		for (int c = 0; c < CONDITIONS; c++)
		{
			if (rule->low[c] > rule->high[c] || rule->high[c] > highest[c])
				return "A range of scores is out of order or out of range.";
		}
		if (rule->name_length < 1)
			return "A name is empty.";
		expected += rule->name_length;
	}
	if (size != expected)
		return "Its names do not fit its size.";
	if (memchr(&scheme->rules[scheme->nrules], '\0',
			   size - RULES_SIZE(scheme->nrules)) != NULL)
		return "A name contains a zero byte.";
	return NULL;
}

/* Every scheme from outside passes here: what is stored, sent or typed. */
static void
check_scheme(const SegmentScheme *scheme, int sqlerrcode)
{
	const char *fault = scheme_fault(scheme);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(sqlerrcode),
				 errmsg("invalid segment_scheme"),
				 errdetail("%s", fault)));
}

static SegmentScheme *
get_scheme(FunctionCallInfo fcinfo, int arg)
{
	SegmentScheme *scheme =
		(SegmentScheme *) PG_DETOAST_DATUM(PG_GETARG_DATUM(arg));

	check_scheme(scheme, ERRCODE_DATA_CORRUPTED);
	return scheme;
}

static SegmentScheme *
scheme_build(const StringInfoData *rules, int nrules,
			 const StringInfoData *names)
{
	Size		size = RULES_SIZE(nrules) + (Size) names->len;
	SegmentScheme *scheme = palloc(size);

	Assert(rules->len == nrules * (int) sizeof(SegmentRule));
	SET_VARSIZE(scheme, size);
	scheme->version = SCHEME_VERSION;
	scheme->nrules = (int16) nrules;
	memcpy(scheme->rules, rules->data, rules->len);
	memcpy(&scheme->rules[nrules], names->data, names->len);
	return scheme;
}

/* Where the name of a rule is; it is not terminated. */
static const char *
rule_name(const SegmentScheme *scheme, int index)
{
	const char *name = (const char *) &scheme->rules[scheme->nrules];

	for (int i = 0; i < index; i++)
		name += scheme->rules[i].name_length;
	return name;
}

static text *
rule_name_text(const SegmentScheme *scheme, int index)
{
	return cstring_to_text_with_len(rule_name(scheme, index),
									scheme->rules[index].name_length);
}

static bool
rule_matches(const SegmentRule *rule, const int *scores)
{
	for (int c = 0; c < CONDITIONS; c++)
	{
		if (scores[c] < rule->low[c] || scores[c] > rule->high[c])
			return false;
	}
	return true;
}

/* Index of the first rule that matches, or -1. */
static int
find_rule(const SegmentScheme *scheme, const int *scores)
{
	for (int i = 0; i < scheme->nrules; i++)
	{
		if (rule_matches(&scheme->rules[i], scores))
			return i;
	}
	return -1;
}

/*--- Text ---*/

typedef struct SchemeParser
{
	const char *input;
	const char *s;				/* where it has come to */
	int			rule;			/* the number of the rule, from 1 */
} SchemeParser;

PT_NORETURN static void
bad_scheme(const SchemeParser *parser, const char *fault)
{
	rfm_bad_text("segment_scheme", parser->input,
				 psprintf("Rule %d: %s", parser->rule, fault));
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_blanks(SchemeParser *parser)
{
	while (is_blank(*parser->s))
		parser->s++;
}

/* Characters that only a name in quotes can have. */
static bool
is_special(char c)
{
	return c == ':' || c == ';' || c == ',' || c == '"';
}

/* Appends the name to names, and returns its length. */
static int
parse_name(SchemeParser *parser, StringInfo names)
{
	int			start = names->len;
	int			length;

	if (*parser->s == '"')
	{
		for (parser->s++; *parser->s != '"' || parser->s[1] == '"';
			 parser->s++)
		{
			if (*parser->s == '\0')
				bad_scheme(parser, "the quotes around the name do not end.");
			if (*parser->s == '"')
				parser->s++;
			appendStringInfoChar(names, *parser->s);
		}
		parser->s++;
	}
	else
	{
		const char *name = parser->s;

		while (*parser->s != '\0' && !is_special(*parser->s))
			parser->s++;
		length = (int) (parser->s - name);
		while (length > 0 && is_blank(name[length - 1]))
			length--;
		appendBinaryStringInfo(names, name, length);
	}
	length = names->len - start;
	if (length == 0)
		bad_scheme(parser, "there is no name.");
	if (length > MAX_NAME_LENGTH)
		bad_scheme(parser, psprintf("the name has %d bytes; at most %d are allowed.",
									length, MAX_NAME_LENGTH));
	return length;
}

/* A score in halves: '4' is 8, and '4.5' is 9 where halves are allowed. */
static int
parse_score(SchemeParser *parser, int condition)
{
	int			score = 0;
	bool		half = false;

	if (!isdigit((unsigned char) *parser->s))
		bad_scheme(parser, psprintf("%s needs a score or a range of scores, such as %s 4-5.",
									condition_names[condition],
									condition_names[condition]));
	for (; isdigit((unsigned char) *parser->s); parser->s++)
	{
		if (score <= RFM_MAX_SCORE)
			score = score * 10 + (*parser->s - '0');
	}
	if (*parser->s == '.')
	{
		if (condition != FM)
			bad_scheme(parser, psprintf("scores of %s are whole numbers.",
										condition_names[condition]));
		if ((parser->s[1] != '5' && parser->s[1] != '0') ||
			isdigit((unsigned char) parser->s[2]))
			bad_scheme(parser, "fm is the mean of two scores: it ends in .5 or is whole.");
		half = parser->s[1] == '5';
		parser->s += 2;
	}
	if (score > RFM_MAX_SCORE || (score == RFM_MAX_SCORE && half))
		bad_scheme(parser, psprintf("scores are 0 to %d.", RFM_MAX_SCORE));
	return 2 * score + half;
}

static char *
score_text(int score, int condition)
{
	if (condition != FM)
		return psprintf("%d", score);
	return psprintf(score % 2 == 0 ? "%d" : "%d.5", score / 2);
}

static void
parse_condition(SchemeParser *parser, SegmentRule *rule, bool *seen)
{
	const char *word = parser->s;
	int			condition = 0;
	int			low,
				high;
	int			length;

	while (isalpha((unsigned char) *parser->s))
		parser->s++;
	length = (int) (parser->s - word);
	while (condition < CONDITIONS &&
		   (length != (int) strlen(condition_names[condition]) ||
			pg_strncasecmp(word, condition_names[condition], length) != 0))
		condition++;
	if (condition == CONDITIONS)
		bad_scheme(parser, "after the name come conditions on r, f, m or fm, or the word any.");
	if (seen[condition])
		bad_scheme(parser, psprintf("%s has two ranges.",
									condition_names[condition]));
	seen[condition] = true;
	skip_blanks(parser);
	low = high = parse_score(parser, condition);
	skip_blanks(parser);
	if (*parser->s == '-')
	{
		parser->s++;
		skip_blanks(parser);
		high = parse_score(parser, condition);
		skip_blanks(parser);
	}
	if (condition != FM)
	{
		low /= 2;
		high /= 2;
	}
	if (low > high)
		bad_scheme(parser, psprintf("the range %s %s-%s is empty, its low end is above its high end.",
									condition_names[condition],
									score_text(low, condition),
									score_text(high, condition)));
	rule->low[condition] = (uint8) low;
	rule->high[condition] = (uint8) high;
}

static void
parse_conditions(SchemeParser *parser, SegmentRule *rule)
{
	bool		seen[CONDITIONS] = {0};

	for (int c = 0; c < CONDITIONS; c++)
	{
		rule->low[c] = 0;
		rule->high[c] = highest[c];
	}
	if (pg_strncasecmp(parser->s, "any", 3) == 0 &&
		!isalpha((unsigned char) parser->s[3]))
	{
		parser->s += 3;
		skip_blanks(parser);
	}
	else
	{
		parse_condition(parser, rule, seen);
		while (*parser->s == ',')
		{
			parser->s++;
			skip_blanks(parser);
			parse_condition(parser, rule, seen);
		}
	}
	if (*parser->s != ';' && *parser->s != '\0')
		bad_scheme(parser, "after a condition comes a comma and another one, or a semicolon and the next rule.");
}

static SegmentScheme *
parse_scheme(const char *input)
{
	SchemeParser parser = {input, input, 0};
	StringInfoData rules,
				names;
	SegmentScheme *scheme;

	initStringInfo(&rules);
	initStringInfo(&names);
	do
	{
		SegmentRule rule;

		CHECK_FOR_INTERRUPTS();
		if (parser.rule == MAX_RULES)
			rfm_bad_text("segment_scheme", input,
						 psprintf("A scheme has at most %d rules.", MAX_RULES));
		if (parser.rule > 0)
			parser.s++;			/* the semicolon */
		parser.rule++;
		skip_blanks(&parser);
		rule.name_length = (uint8) parse_name(&parser, &names);
		skip_blanks(&parser);
		if (*parser.s != ':')
			bad_scheme(&parser, "the name needs a colon after it.");
		parser.s++;
		skip_blanks(&parser);
		parse_conditions(&parser, &rule);
		appendBinaryStringInfo(&rules, (char *) &rule, sizeof(rule));
	}
	while (*parser.s == ';');
	scheme = scheme_build(&rules, parser.rule, &names);
	check_scheme(scheme, ERRCODE_INVALID_TEXT_REPRESENTATION);
	return scheme;
}

static void
append_name(StringInfo buf, const char *name, int length)
{
	bool		quoted = is_blank(name[0]) || is_blank(name[length - 1]);

	for (int i = 0; i < length && !quoted; i++)
		quoted = is_special(name[i]);
	if (!quoted)
	{
		appendBinaryStringInfo(buf, name, length);
		return;
	}
	appendStringInfoChar(buf, '"');
	for (int i = 0; i < length; i++)
	{
		if (name[i] == '"')
			appendStringInfoChar(buf, '"');
		appendStringInfoChar(buf, name[i]);
	}
	appendStringInfoChar(buf, '"');
}

static void
append_conditions(StringInfo buf, const SegmentRule *rule)
{
	const char *separator = "";

	for (int c = 0; c < CONDITIONS; c++)
	{
		if (rule->low[c] == 0 && rule->high[c] == highest[c])
			continue;
		appendStringInfo(buf, "%s%s %s", separator, condition_names[c],
						 score_text(rule->low[c], c));
		if (rule->high[c] > rule->low[c])
			appendStringInfo(buf, "-%s", score_text(rule->high[c], c));
		separator = ", ";
	}
	if (*separator == '\0')
		appendStringInfoString(buf, "any");
}

static Datum
segment_scheme_from_text(char *input)
{
	return PointerGetDatum(parse_scheme(input));
}

Datum
pt_segment_scheme_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, segment_scheme_from_text);
}

Datum
pt_segment_scheme_out(PG_FUNCTION_ARGS)
{
	const SegmentScheme *scheme = get_scheme(fcinfo, 0);
	const char *name = rule_name(scheme, 0);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < scheme->nrules; i++)
	{
		if (i > 0)
			appendStringInfoString(&buf, "; ");
		append_name(&buf, name, scheme->rules[i].name_length);
		appendStringInfoString(&buf, ": ");
		append_conditions(&buf, &scheme->rules[i]);
		name += scheme->rules[i].name_length;
	}
	PG_RETURN_CSTRING(buf.data);
}

/*--- Bytes ---*/

Datum
pt_segment_scheme_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int32		version = pq_getmsgint(buf, 2);
	int32		nrules = pq_getmsgint(buf, 2);
	StringInfoData rules,
				names;
	SegmentScheme *scheme;

	if (version != SCHEME_VERSION || nrules < 1 || nrules > MAX_RULES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external segment_scheme")));
	initStringInfo(&rules);
	initStringInfo(&names);
	for (int i = 0; i < nrules; i++)
	{
		SegmentRule rule;
		char	   *name;
		int			length;

		pq_copymsgbytes(buf, (char *) rule.low, CONDITIONS);
		pq_copymsgbytes(buf, (char *) rule.high, CONDITIONS);
		length = pq_getmsgint(buf, 4);
		name = pq_getmsgtext(buf, length, &length);
		if (length < 1 || length > MAX_NAME_LENGTH)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("invalid external segment_scheme"),
					 errdetail("A name has %d bytes; 1 to %d are allowed.",
							   length, MAX_NAME_LENGTH)));
		rule.name_length = (uint8) length;
		appendBinaryStringInfo(&rules, (char *) &rule, sizeof(rule));
		appendBinaryStringInfo(&names, name, length);
	}
	scheme = scheme_build(&rules, nrules, &names);
	check_scheme(scheme, ERRCODE_INVALID_BINARY_REPRESENTATION);
	PG_RETURN_POINTER(scheme);
}

Datum
pt_segment_scheme_send(PG_FUNCTION_ARGS)
{
	const SegmentScheme *scheme = get_scheme(fcinfo, 0);
	const char *name = rule_name(scheme, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint16(&buf, (uint16) scheme->version);
	pq_sendint16(&buf, (uint16) scheme->nrules);
	for (int i = 0; i < scheme->nrules; i++)
	{
		const SegmentRule *rule = &scheme->rules[i];

		pq_sendbytes(&buf, (const char *) rule->low, CONDITIONS);
		pq_sendbytes(&buf, (const char *) rule->high, CONDITIONS);
		/* in the encoding of the client, with its length there */
		pt_sendcountedtext(&buf, name, rule->name_length);
		name += rule->name_length;
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*--- Schemes as rows, and the built-in ones ---*/

Datum
pt_segment_scheme_rules(PG_FUNCTION_ARGS)
{
	const SegmentScheme *scheme = get_scheme(fcinfo, 0);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < scheme->nrules; i++)
	{
		StringInfoData conditions;
		Datum		values[3];
		bool		nulls[3] = {0};

		CHECK_FOR_INTERRUPTS();
		initStringInfo(&conditions);
		append_conditions(&conditions, &scheme->rules[i]);
		values[0] = Int16GetDatum((int16) (i + 1));
		values[1] = PointerGetDatum(rule_name_text(scheme, i));
		values[2] = CStringGetTextDatum(conditions.data);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

/* As they were published, errors of theirs included; docs/rfm.md tells more. */
static const struct
{
	const char *name;
	const char *source;
	const char *scheme;
}			builtin_schemes[] =
{
	{
		"putler",
		"Putler's RFM segments, 11 rules on recency and the mean of frequency and money",
		"Champions: r 4-5, fm 4-5; "
		"Loyal: r 2-5, fm 3-5; "
		"Potential Loyalist: r 3-5, fm 1-3; "
		"New: r 4-5, fm 0-1; "
		"Promising: r 3-4, fm 0-1; "
		"Need Attention: r 2-3, fm 2-3; "
		"About to Sleep: r 2-3, fm 0-2; "
		"At Risk: r 0-2, fm 2-5; "
		"Can't Lose: r 0-1, fm 4-5; "
		"Hibernating: r 1-2, fm 1-2; "
		"Lost: r 0-2, fm 0-2"
	},
	{
		"python_seg_map",
		"seg_map of many Python notebooks, 10 rules on recency and frequency",
		"hibernating: r 1-2, f 1-2; "
		"at_risk: r 1-2, f 3-4; "
		"cant_lose: r 1-2, f 5; "
		"about_to_sleep: r 3, f 1-2; "
		"need_attention: r 3, f 3; "
		"loyal_customers: r 3-4, f 4-5; "
		"promising: r 4, f 1; "
		"new_customers: r 5, f 1; "
		"potential_loyalists: r 4-5, f 2-3; "
		"champions: r 5, f 4-5"
	},
	{
		"rfm_r_test",
		"Tests of the R package rfm, 10 rules on all three scores",
		"Champions: r 4-5, f 4-5, m 4-5; "
		"Loyal: r 2-5, f 3-5, m 3-5; "
		"Potential: r 3-5, f 1-3, m 1-3; "
		"New: r 4-5, f 1, m 1; "
		"Promising: r 3-4, f 1, m 1; "
		"Need Attention: r 2-3, f 2-3, m 2-3; "
		"About To Sleep: r 2-3, f 1-2, m 1-2; "
		"At Risk: r 1-2, f 2-5, m 2-5; "
		"Can't Lose: r 1, f 4-5, m 4-5; "
		"Lost: r 1-2, f 1-2, m 1-2"
	},
	{
		"rfm_r_readme",
		"README of the R package rfm, 10 rules on all three scores",
		"Champions: r 5, f 5, m 5; "
		"Potential: r 3-5, f 3-5, m 2-5; "
		"Loyal: r 2-4, f 2-4, m 2-4; "
		"Promising: r 3-4, f 1-3, m 3-5; "
		"New: r 4-5, f 1-3, m 1-5; "
		"Can't Lose: r 1-2, f 3-4, m 4-5; "
		"At Risk: r 1-2, f 2-5, m 4-5; "
		"Need Attention: r 1-3, f 3-5, m 3-5; "
		"About To Sleep: r 2-3, f 1-3, m 1-4; "
		"Lost: r 1, f 1-5, m 1-5"
	}
};

Datum
pt_builtin_segment_scheme(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	StringInfoData names;

	for (int i = 0; i < (int) lengthof(builtin_schemes); i++)
	{
		if (strcmp(builtin_schemes[i].name, name) == 0)
			PG_RETURN_POINTER(parse_scheme(builtin_schemes[i].scheme));
	}
	initStringInfo(&names);
	for (int i = 0; i < (int) lengthof(builtin_schemes); i++)
		appendStringInfo(&names, "%s%s", i == 0 ? "" : ", ",
						 builtin_schemes[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no built-in segment scheme \"%s\"", name),
			 errdetail("There are %s.", names.data),
			 errhint("A scheme of your own is a value of type segment_scheme: 'Champions: r 4-5, fm 4-5; Others: any'::segment_scheme.")));
	PG_RETURN_NULL();			/* not reached */
}

Datum
pt_builtin_segment_schemes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < (int) lengthof(builtin_schemes); i++)
	{
		Datum		values[3];
		bool		nulls[3] = {0};

		values[0] = CStringGetTextDatum(builtin_schemes[i].name);
		values[1] = CStringGetTextDatum(builtin_schemes[i].source);
		values[2] = PointerGetDatum(parse_scheme(builtin_schemes[i].scheme));
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

/*--- The segment of scores ---*/

/* Index of the rule for the scores in arguments 1 to 3, or -1. */
static int
find_rule_of_arguments(FunctionCallInfo fcinfo, const SegmentScheme *scheme)
{
	int			scores[CONDITIONS];

	for (int c = R; c <= M; c++)
	{
		scores[c] = PG_GETARG_INT32(c + 1);
		if (scores[c] < 0 || scores[c] > RFM_MAX_SCORE)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("a score must be between 0 and %d", RFM_MAX_SCORE),
					 errdetail("%s is %d.", condition_names[c], scores[c])));
	}
	scores[FM] = scores[F] + scores[M];
	return find_rule(scheme, scores);
}

/*
 * Index of the rule for a history up to as_of, in arguments 2 and 3, by the
 * thresholds in argument 1; or -1.
 */
static int
find_rule_of_history(FunctionCallInfo fcinfo, const SegmentScheme *scheme)
{
	const RfmThresholds *thresholds = rfm_thresholds_argument(fcinfo, 1);
	float8		measures[RFM_MEASURES];
	int			scores[CONDITIONS];

	if (!rfm_measures_of_history(PG_GETARG_DATUM(2), PG_GETARG_TIMESTAMP(3),
								 measures))
		return -1;
	scores[R] = rfm_score(thresholds, RECENCY_DAYS, measures[RECENCY_DAYS]);
	scores[F] = rfm_score(thresholds, ORDER_COUNT, measures[ORDER_COUNT]);
	scores[M] = rfm_score(thresholds, REVENUE, measures[REVENUE]);
	scores[FM] = scores[F] + scores[M];
	return find_rule(scheme, scores);
}

/* The number of the first rule that gives the segment of this one. */
static int16
segment_number(const SegmentScheme *scheme, int rule)
{
	const char *name = rule_name(scheme, rule);
	const char *other = rule_name(scheme, 0);

	for (int i = 0; i < rule; i++)
	{
		if (scheme->rules[i].name_length == scheme->rules[rule].name_length &&
			memcmp(other, name, scheme->rules[i].name_length) == 0)
			return (int16) (i + 1);
		other += scheme->rules[i].name_length;
	}
	return (int16) (rule + 1);
}

static Datum
segment_result(FunctionCallInfo fcinfo, const SegmentScheme *scheme, int rule)
{
	if (rule < 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(rule_name_text(scheme, rule));
}

static Datum
segment_sort_result(FunctionCallInfo fcinfo, const SegmentScheme *scheme,
					int rule)
{
	if (rule < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT16(segment_number(scheme, rule));
}

Datum
pt_rfm_segment(PG_FUNCTION_ARGS)
{
	const SegmentScheme *scheme = get_scheme(fcinfo, 0);

	return segment_result(fcinfo, scheme,
						  find_rule_of_arguments(fcinfo, scheme));
}

Datum
pt_rfm_segment_sort(PG_FUNCTION_ARGS)
{
	const SegmentScheme *scheme = get_scheme(fcinfo, 0);

	return segment_sort_result(fcinfo, scheme,
							   find_rule_of_arguments(fcinfo, scheme));
}

Datum
pt_rfm_segment_of_history(PG_FUNCTION_ARGS)
{
	const SegmentScheme *scheme = get_scheme(fcinfo, 0);

	return segment_result(fcinfo, scheme, find_rule_of_history(fcinfo, scheme));
}

Datum
pt_rfm_segment_sort_of_history(PG_FUNCTION_ARGS)
{
	const SegmentScheme *scheme = get_scheme(fcinfo, 0);

	return segment_sort_result(fcinfo, scheme,
							   find_rule_of_history(fcinfo, scheme));
}

/*--- The check of a scheme ---*/

/* What became of a rule, over all cells of the cube. */
typedef struct RuleUse
{
	int			taken;			/* cells where it was the first to match */
	int			hidden;			/* cells that a rule before it took */
	int			example[CONDITIONS];	/* the first hidden one ... */
	int			taken_by;		/* ... and the rule that took it */
} RuleUse;

static void
put_problem(ReturnSetInfo *result, const char *problem,
			const SegmentScheme *scheme, int rule, int cells,
			const char *example)
{
	Datum		values[5] = {0};
	bool		nulls[5] = {0};

	values[0] = CStringGetTextDatum(problem);
	nulls[1] = nulls[2] = rule < 0;
	if (rule >= 0)
	{
		values[1] = Int32GetDatum(rule + 1);
		values[2] = PointerGetDatum(rule_name_text(scheme, rule));
	}
	values[3] = Int32GetDatum(cells);
	nulls[4] = example == NULL;
	if (example != NULL)
		values[4] = CStringGetTextDatum(example);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static char *
cell_text(const int *scores)
{
	return psprintf("r %d, f %d, m %d", scores[R], scores[F], scores[M]);
}

static void
use_cell(const SegmentScheme *scheme, const int *scores, RuleUse *uses,
		 RuleUse *uncovered)
{
	int			first = -1;

	for (int i = 0; i < scheme->nrules; i++)
	{
		if (!rule_matches(&scheme->rules[i], scores))
			continue;
		if (first < 0)
		{
			first = i;
			uses[i].taken++;
		}
		else if (uses[i].hidden++ == 0)
		{
			memcpy(uses[i].example, scores, sizeof(uses[i].example));
			uses[i].taken_by = first;
		}
	}
	if (first < 0 && uncovered->hidden++ == 0)
		memcpy(uncovered->example, scores, sizeof(uncovered->example));
}

Datum
pt_check_segment_scheme(PG_FUNCTION_ARGS)
{
	const SegmentScheme *scheme = get_scheme(fcinfo, 0);
	int			k = PG_GETARG_INT32(1);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	RuleUse    *uses = palloc0(sizeof(RuleUse) * scheme->nrules);
	RuleUse		uncovered = {0};
	int			scores[CONDITIONS];

	rfm_check_buckets(k);
	for (scores[R] = 1; scores[R] <= k; scores[R]++)
	{
		for (scores[F] = 1; scores[F] <= k; scores[F]++)
		{
			CHECK_FOR_INTERRUPTS();
			for (scores[M] = 1; scores[M] <= k; scores[M]++)
			{
				scores[FM] = scores[F] + scores[M];
				use_cell(scheme, scores, uses, &uncovered);
			}
		}
	}

	InitMaterializedSRF(fcinfo, 0);
	if (uncovered.hidden > 0)
		put_problem(result, "uncovered", scheme, -1, uncovered.hidden,
					cell_text(uncovered.example));
	for (int i = 0; i < scheme->nrules; i++)
	{
		const RuleUse *use = &uses[i];
		char	   *example = NULL;

		if (use->taken > 0 && use->hidden == 0)
			continue;
		if (use->hidden > 0)
			example = psprintf("%s goes to %s", cell_text(use->example),
							   text_to_cstring(rule_name_text(scheme,
															  use->taken_by)));
		put_problem(result, use->taken > 0 ? "overlap" : "unreachable",
					scheme, i, use->hidden, example);
	}
	return (Datum) 0;
}
