using Hydra.PostgreSql;
using Npgsql;

namespace Hydra;

/// <summary>Reads the URL of a PostgreSQL database, or an Npgsql connection string.</summary>
/// <remarks>
/// postgres://user:password@host:port/database?sslmode=require. Of the store's own options there are schema, prepare,
/// listen and skip_locked; the others are Npgsql's keywords, and the names that libpq gives to some of them.
/// </remarks>
internal sealed record PostgreSqlUrl(string ConnectionString, PostgreSqlStoreOptions Options)
{
    private static readonly string[] Schemes = ["postgres://", "postgresql://"];

    private static readonly Dictionary<string, string> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["user"] = "Username",
        ["dbname"] = "Database",
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["sslrootcert"] = "Root Certificate",
        ["target_session_attrs"] = "Target Session Attributes",
    };

    /// <summary>Reads a URL or a connection string that names a Host; null when the text is of another kind.</summary>
    /// <exception cref="FormatException">It is of this kind and cannot be read.</exception>
    public static PostgreSqlUrl? TryRead(string url)
    {
        var text = url.Trim();
        try
        {
            if (Schemes.Any(scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)))
            {
                return Read(text);
            }

            return IsConnectionString(text)
                ? new PostgreSqlUrl(
                    new NpgsqlConnectionStringBuilder(text).ConnectionString, new PostgreSqlStoreOptions())
                : null;
        }
        catch (Exception e) when (e is ArgumentException or UriFormatException)
        {
            // The exception may quote what the text says, and that may be a password.
            throw new FormatException($"The PostgreSQL URL cannot be read: {Reason(e)}.", e);
        }
    }

    private static string Reason(Exception exception) => exception is UriFormatException
        ? "it should look like postgres://user@host:5432/database"
        : "an option in it is unknown or has a value that it cannot have";

    private static bool IsConnectionString(string text) =>
        text.Split(';').Any(static pair =>
            pair.Split('=', 2) is [var name, _] && name.Trim().Equals("host", StringComparison.OrdinalIgnoreCase));

    private static PostgreSqlUrl Read(string text)
    {
        var uri = new Uri(text);
        var builder = new NpgsqlConnectionStringBuilder { Host = Uri.UnescapeDataString(uri.Host) };
        if (uri.Port > 0)
        {
            builder.Port = uri.Port;
        }

        if (uri.AbsolutePath.Trim('/') is { Length: > 0 } database)
        {
            builder.Database = Uri.UnescapeDataString(database);
        }

        if (uri.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var password])
        {
            builder.Username = Uri.UnescapeDataString(user);
            builder.Password = password is [var secret] ? Uri.UnescapeDataString(secret) : null;
        }

        var options = new PostgreSqlStoreOptions();
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Uri.UnescapeDataString(pair.Split('=')[0]);
            var value = pair.Split('=', 2) is [_, var given] ? Uri.UnescapeDataString(given) : "";
            options = Apply(name, value, builder, options);
        }

        return new PostgreSqlUrl(builder.ConnectionString, options);
    }

    private static PostgreSqlStoreOptions Apply(
        string name, string value, NpgsqlConnectionStringBuilder builder, PostgreSqlStoreOptions options)
    {
        switch (name.ToLowerInvariant())
        {
            case "schema":
                return options with { Schema = value };
            case "prepare":
                return options with { PrepareStatements = IsTrue(value) };
            case "listen":
                return options with { Listen = IsTrue(value) };
            case "skip_locked":
                return options with { SkipLockedRows = IsTrue(value) };
            case "sslmode":
                builder["SSL Mode"] = value.Replace("-", "", StringComparison.Ordinal); // libpq says verify-full.
                return options;
            default:
                builder[Keywords.GetValueOrDefault(name, name)] = value;
                return options;
        }
    }

    private static bool IsTrue(string value) => bool.TryParse(value, out var parsed)
        ? parsed
        : throw new ArgumentException("An option of the URL must be true or false.");
}
