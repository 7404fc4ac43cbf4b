using System.Data.Common;
using Hydra.MySql;
using Hydra.PostgreSql;
using Hydra.Sqlite;

namespace Hydra;

/// <summary>Reads where executions are kept from one text, as configuration and command lines carry it.</summary>
/// <remarks>
/// A URL such as sqlite:relative.db, sqlite:///absolute/path.db, postgres://host/database or mysql://host/database, or
/// an ADO.NET connection string whose kind its own keywords tell. The samples compile this file too, so that every
/// program here understands the same text.
/// </remarks>
internal static class DatabaseUrl
{
    private const string Sqlite = "sqlite:";

    private static readonly string[] FileKeywords = ["data source", "datasource", "filename"];

    private static readonly string[] PasswordKeywords = ["password", "pwd"];

    /// <summary>Keeps executions where a database URL says.</summary>
    /// <param name="builder">The engine to be.</param>
    /// <param name="url">The database.</param>
    /// <param name="claimTimeout">That of the worker, which waits for locks for no more than half of it.</param>
    /// <exception cref="FormatException">The text names no database that this version can reach.</exception>
    public static HydraBuilder UseDatabase(this HydraBuilder builder, string url, TimeSpan? claimTimeout = null)
    {
        try
        {
            return PostgreSqlUrl.TryRead(url) is { } postgreSql
                ? builder.UsePostgreSql(
                    postgreSql.ConnectionString, _ => ServerOptions(postgreSql.Options, claimTimeout))
                : MySqlUrl.TryRead(url) is { } mySql
                    ? builder.UseMySql(mySql.ConnectionString, _ => ServerOptions(mySql.Options, claimTimeout))
                    : builder.UseSqlite(SqliteOptions(url, claimTimeout));
        }
        catch (ArgumentException e)
        {
            throw new FormatException(e.Message, e); // An option has a value that it cannot have.
        }
    }

    private static PostgreSqlStoreOptions ServerOptions(PostgreSqlStoreOptions options, TimeSpan? claimTimeout) =>
        claimTimeout is { } lease && lease / 2 < options.LockTimeout
            ? options with { LockTimeout = lease / 2 }
            : options;

    private static MySqlStoreOptions ServerOptions(MySqlStoreOptions options, TimeSpan? claimTimeout) =>
        claimTimeout is { } lease && lease / 2 < options.LockTimeout
            ? options with { LockTimeout = lease / 2 }
            : options;

    private static SqliteStoreOptions SqliteOptions(string url, TimeSpan? claimTimeout)
    {
        var options = new SqliteStoreOptions { Path = SqlitePath(url) };
        return claimTimeout is { } lease && lease / 2 < options.BusyTimeout
            ? options with { BusyTimeout = lease / 2 }
            : options;
    }

    /// <summary>The file that a URL or connection string names.</summary>
    /// <exception cref="FormatException">The text names no database that this version can reach.</exception>
    public static string SqlitePath(string url)
    {
        var text = url.Trim();
        if (text.StartsWith(Sqlite, StringComparison.OrdinalIgnoreCase))
        {
            return PathOf(text);
        }

        if (text.StartsWith("memory:", StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException(
                "A memory: database lives inside one process and cannot be reached from another. Use sqlite:file.db.");
        }

        return text.Contains('=', StringComparison.Ordinal)
            ? FileOf(text)
            : throw new FormatException(
                $"{Shown(text)} names no database. Write sqlite:relative.db, sqlite:///absolute/path.db, "
                + "postgres://host/database or mysql://host/database.");
    }

    /// <summary>Whether the text carries a password, which must not stand where other users can see it.</summary>
    public static bool HasPassword(string url)
    {
        var text = url.Trim();
        var authority = text.IndexOf("://", StringComparison.Ordinal);
        if (authority >= 0)
        {
            var rest = text[(authority + 3)..];
            var end = rest.IndexOfAny(['/', '?', '#']);
            var userInfo = rest[..Math.Max((end < 0 ? rest : rest[..end]).LastIndexOf('@'), 0)];
            var query = rest.IndexOf('?', StringComparison.Ordinal);
            return userInfo.Contains(':', StringComparison.Ordinal)
                || (query >= 0 && rest[query..].Split('?', '&').Any(IsPassword));
        }

        return text.Split(';').Any(IsPassword);
    }

    /// <remarks>Messages end up in logs, whatever the URL came from.</remarks>
    private static string Shown(string url) => HasPassword(url) ? "The database URL" : $"'{url}'";

    private static bool IsPassword(string pair) =>
        pair.Split('=', 2) is [var name, not ""]
        && PasswordKeywords.Contains(name.Trim(), StringComparer.OrdinalIgnoreCase);

    private static string PathOf(string url)
    {
        var rest = url[Sqlite.Length..];
        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            rest = rest[2..];
            if (!rest.StartsWith('/'))
            {
                throw new FormatException(
                    $"{Shown(url)} names a host, but SQLite is a file. "
                    + "Write sqlite:relative.db or, with three slashes, sqlite:///absolute/path.db.");
            }
        }

        if (rest.Contains('?', StringComparison.Ordinal))
        {
            throw new FormatException($"{Shown(url)} has options, but a sqlite: URL is only a path.");
        }

        var path = Uri.UnescapeDataString(rest);
        return path is not "" and not ":memory:"
            ? path
            : throw new FormatException($"{Shown(url)} names no file. Write sqlite:relative.db.");
    }

    private static string FileOf(string connectionString)
    {
        DbConnectionStringBuilder keywords;
        try
        {
            keywords = new DbConnectionStringBuilder { ConnectionString = connectionString };
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"The connection string cannot be read: {e.Message}", e);
        }

        if (FileKeywords.FirstOrDefault(keywords.ContainsKey) is not { } file)
        {
            throw new FormatException(
                "The connection string is of no kind that this version knows: \"Data Source=file.db\" is SQLite, "
                + "\"Host=...;Database=...\" PostgreSQL, \"Server=...;Database=...\" MySQL.");
        }

        if (keywords.Count > 1)
        {
            var others = keywords.Keys.Cast<string>().Where(name => name != file);
            throw new FormatException(
                $"Hydra opens SQLite its own way and takes only the file: leave out {string.Join(", ", others)}.");
        }

        return (string)keywords[file];
    }
}
