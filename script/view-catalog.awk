# Reads view files (install/views/*.sql) and writes the INSERTs that put them
# into the catalog tables mart_view, mart_view_column and mart_page.
# CONTRIBUTING.md describes the header; whatever is wrong in one is an error.
BEGIN {
	quote = "\047"
	fields["view"]; fields["needs"]; fields["unless"]; fields["reads"]
	fields["key"]; fields["page"]; fields["order"]; fields["limit"]
}

FNR == 1 {
	finish()
	file = FILENAME
	name = file
	sub(/.*\//, "", name)
	sub(/\.sql$/, "", name)
	split("", given)
	inner = whole = in_query = 0
	description = query = ""
	columns = 0
}

!in_query && /^--/ {
	if ($0 == "-- inner")
		inner = 1
	else if ($0 == "-- whole")
		whole = 1
	else if ($0 ~ /^-- column [a-z0-9_]+: /)
	{
		column[++columns] = $3
		sub(/:$/, "", column[columns])
		text = $0
		sub(/^-- column [a-z0-9_]+: */, "", text)
		column_text[columns] = text
		if ((name, column[columns]) in described)
			wrong("column " column[columns] " is described twice")
		described[name, column[columns]]
	}
	else if ($0 ~ /^-- [a-z]+:/)
	{
		field = $2
		sub(/:$/, "", field)
		if (!(field in fields))
			wrong("there is no header \"" field ":\"")
		if (field in given)
			wrong("\"" field ":\" is given twice")
		text = $0
		sub(/^-- [a-z]+: */, "", text)
		given[field] = text
	}
	else if ($0 ~ /^-- ./)
		description = description (description == "" ? "" : " ") substr($0, 4)
	else
		wrong("a header line begins with \"-- \"")
	next
}

{
	in_query = 1
	if (index($0, "$template$"))
		wrong("may not contain $template$")
	query = query $0 "\n"
}

END {
	finish()
	for (i = 1; i <= reading; i++)
		if (!(read_name[i] in views))
		{
			file = read_file[i]
			wrong("reads: there is no view " read_name[i])
		}
	exit failed
}

function wrong(what)
{
	print file ": " what > "/dev/stderr"
	failed = 1
}

function literal(text)
{
	gsub(quote, quote quote, text)
	return quote text quote
}

# "a, b" as an array literal, NULL where there is no such header
function names(field,	text, pattern)
{
	if (!(field in given))
		return field == "key" ? "NULL" : quote "{}" quote
	text = given[field]
	pattern = field == "order" ? "^[a-z][a-z0-9_]*-?(, [a-z][a-z0-9_]*-?)*$" : "^([a-z][a-z0-9_]*(, [a-z][a-z0-9_]*)*)?$"
	if (text !~ pattern)
		wrong("\"" field ":\" takes names with \", \" between them")
	gsub(/ /, "", text)
	return quote "{" text "}" quote
}

function finish(	i, n, part, page)
{
	if (file == "")
		return
	if (given["view"] !~ /^[a-z][a-z0-9_]*$/)
		wrong("\"view:\" is the name of the view")
	if (description == "")
		wrong("has no description")
	if (query == "")
		wrong("has no query")
	views[given["view"]]
	n = split(given["reads"], part, /, /)
	for (i = 1; i <= n; i++)
		# what create_mart makes, and the source itself
		if (part[i] !~ /^(source|spend|mart|dimension_value|fitted_model)$/)
		{
			read_name[++reading] = part[i]
			read_file[reading] = file
		}
	# not printf, which has a limit of 8 kB in some awks
	print "INSERT INTO @extschema@.mart_view (template_name, view_name, needs, unless, reads, key, is_inner, is_whole, description, query)"
	print "VALUES (" literal(name) ", " literal(given["view"]) ", " names("needs") ", " names("unless") ", " names("reads") ", " \
		names("key") ", " (inner ? "true" : "false") ", " (whole ? "true" : "false") ", " literal(description) ", $template$" query "$template$);"
	for (i = 1; i <= columns; i++)
		print "INSERT INTO @extschema@.mart_view_column (template_name, column_name, description)\nVALUES (" \
			literal(name) ", " literal(column[i]) ", " literal(column_text[i]) ");"
	if ("page" in given)
	{
		if (given["page"] !~ /^[a-z]+ [0-9]+$/)
			wrong("\"page:\" is the name of a page and a number")
		if (given["order"] == "")
			wrong("\"page:\" needs \"order:\"")
		if ("limit" in given && given["limit"] !~ /^[1-9][0-9]*$/)
			wrong("\"limit:\" is a number of rows")
		split(given["page"], part, " ")
		page = literal(part[1]) ", " part[2] ", " literal(given["view"]) ", " names("order") ", " ("limit" in given ? given["limit"] : "NULL")
		# two files that make one view may say the same
		if (!(part[2] in pages))
			print "INSERT INTO @extschema@.mart_page (page, place, view_name, sort_columns, row_limit)\nVALUES (" page ");"
		else if (pages[part[2]] != page)
			wrong("the place " part[2] " is taken")
		pages[part[2]] = page
	}
	else if ("order" in given)
		wrong("\"order:\" needs \"page:\"")
	else if ("limit" in given)
		wrong("\"limit:\" needs \"page:\"")
}
