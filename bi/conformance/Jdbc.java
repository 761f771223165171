import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads marts through pgJDBC, as Metabase, Tableau and DBeaver do.
 *
 * Prints what README.md describes. Environment: BI_HOST, BI_PORT, BI_DATABASE,
 * BI_USER, BI_SCHEMAS, BI_READ and BI_SKIP (lists separated by blanks).
 *   java -cp /usr/share/java/postgresql.jar Jdbc.java
 */
public class Jdbc {
	private static final DateTimeFormatter MILLISECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS");
	private static final StringBuilder out = new StringBuilder();

	private static String escape(String text) {
		return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r");
	}

	private static void say(Object... fields) {
		for (int i = 0; i < fields.length; i++)
			out.append(i > 0 ? "\t" : "").append(fields[i] == null ? "" : escape(fields[i].toString()));
		out.append('\n');
	}

	private static String canonical(Object value, int scale) {
		if (value == null)
			return "\\N";
		if (value instanceof String text)
			return escape(text);
		if (value instanceof Boolean flag)
			return flag ? "t" : "f";
		if (value instanceof Integer || value instanceof Long)
			return value.toString();
		if (value instanceof BigDecimal number) {
			if (number.scale() != scale)
				throw new IllegalArgumentException(number + " has not the declared scale " + scale);
			return number.toPlainString();
		}
		if (value instanceof Double number)
			return HexFormat.of().toHexDigits(Double.doubleToRawLongBits(number));
		if (value instanceof Timestamp time)
			return MILLISECONDS.format(time.toLocalDateTime());
		if (value instanceof java.sql.Date day)
			return day.toLocalDate().toString();
		throw new IllegalArgumentException(value.getClass() + " is not a type of the contract");
	}

	private static void read(Connection connection, String schema, String name) throws Exception {
		try (Statement statement = connection.createStatement()) {
			statement.setFetchSize(10000);	// rows come in portions
			ResultSet rows = statement.executeQuery("SELECT * FROM \"" + schema + "\".\"" + name + "\"");
			ResultSetMetaData columns = rows.getMetaData();
			int width = columns.getColumnCount();
			int[] scales = new int[width];
			List<Set<String>> classes = new ArrayList<>();
			for (int i = 0; i < width; i++) {
				classes.add(new TreeSet<>());
				scales[i] = columns.getScale(i + 1);
			}
			List<byte[]> lines = new ArrayList<>();
			while (rows.next()) {
				StringBuilder line = new StringBuilder();
				for (int i = 0; i < width; i++) {
					Object value = rows.getObject(i + 1);
					if (value != null)
						classes.get(i).add(value.getClass().getName());
					line.append(i > 0 ? "\t" : "").append(canonical(value, scales[i]));
				}
				lines.add(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
			}
			for (int i = 1; i <= width; i++)
				say("result", schema, name, i, columns.getColumnName(i), columns.getColumnType(i),
					columns.getPrecision(i), columns.getScale(i), String.join(",", classes.get(i - 1)),
					columns.getColumnClassName(i));
			lines.sort(Arrays::compareUnsigned);
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			for (byte[] line : lines)
				digest.update(line);
			say("sum", schema, name, lines.size(), HexFormat.of().formatHex(digest.digest()));
		}
	}

	/** The error of the last of the statements of one transaction; none is 00000. */
	private static String sqlstate(Connection connection, String[] statements) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			for (int i = 1; i < statements.length; i++)
				statement.execute(statements[i]);
			return "00000";
		} catch (SQLException error) {
			return error.getSQLState();
		} finally {
			connection.rollback();
		}
	}

	public static void main(String[] args) throws Exception {
		String url = String.format("jdbc:postgresql://%s:%s/%s", System.getenv("BI_HOST"), System.getenv("BI_PORT"),
			System.getenv("BI_DATABASE"));
		Set<String> read = Set.of(System.getenv().getOrDefault("BI_READ", System.getenv("BI_SCHEMAS")).split(" "));
		Set<String> skip = Set.of(System.getenv().getOrDefault("BI_SKIP", "").split(" "));
		try (Connection connection = DriverManager.getConnection(url, System.getenv("BI_USER"), null)) {
			connection.setAutoCommit(false);	// else the fetch size is not used
			DatabaseMetaData catalog = connection.getMetaData();
			for (String schema : System.getenv("BI_SCHEMAS").split(" ")) {
				String pattern = schema.replace("_", "\\_");
				List<String> views = new ArrayList<>();
				// what Metabase and DBeaver ask for
				try (ResultSet r = catalog.getTables(null, pattern, "%", new String[] {
						"TABLE", "PARTITIONED TABLE", "VIEW", "FOREIGN TABLE", "MATERIALIZED VIEW"})) {
					while (r.next()) {
						say("relation", r.getString("TABLE_SCHEM"), r.getString("TABLE_NAME"), r.getString("TABLE_TYPE"),
							r.getString("REMARKS"));
						if (r.getString("TABLE_TYPE").equals("VIEW"))
							views.add(r.getString("TABLE_NAME"));
					}
				}
				try (ResultSet r = catalog.getColumns(null, pattern, "%", "%")) {
					while (r.next())
						say("column", r.getString("TABLE_SCHEM"), r.getString("TABLE_NAME"), r.getInt("ORDINAL_POSITION"),
							r.getString("COLUMN_NAME"), r.getInt("DATA_TYPE"), r.getObject("COLUMN_SIZE"),
							r.getObject("DECIMAL_DIGITS"), r.getString("REMARKS"));
				}
				for (String view : views) {
					try (ResultSet primary = catalog.getPrimaryKeys(null, schema, view);
							ResultSet foreign = catalog.getImportedKeys(null, schema, view)) {
						if (primary.next() || foreign.next())
							say("keys", schema, view, 1);
					}
					if (read.contains(schema) && !skip.contains(view))
						read(connection, schema, view);
				}
			}
			connection.rollback();
			for (String line : System.getenv().getOrDefault("BI_DENIED", "").lines().toList()) {
				String[] parts = line.split(";");
				say("state", parts[0], sqlstate(connection, parts));
			}
		}
		System.out.write(out.toString().getBytes(StandardCharsets.UTF_8));
		System.out.flush();
	}
}
