using Hydra.MySql;
using MySqlConnector;

namespace Hydra;

/// <summary>Reads the URL of a MySQL or MariaDB database, or a MySqlConnector connection string.</summary>
/// <remarks>
/// mysql://user:password@host:port/database?sslmode=required, or the same with mariadb. Of the store's own options
/// there are prefix and join; the others are MySqlConnector's keywords, and a name that other programs give to one of
/// them.
/// </remarks>
internal sealed record MySqlUrl(string ConnectionString, MySqlStoreOptions Options)
{
    private static readonly string[] Schemes = ["mysql://", "mariadb://"];

    private static readonly string[] ServerKeywords = ["server", "user id", "uid", "userid"];

    private static readonly Dictionary<string, string> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["user"] = "User ID",
        ["connect_timeout"] = "Connection Timeout",
        ["ssl-mode"] = "SSL Mode",
        ["sslmode"] = "SSL Mode",
        ["ssl-ca"] = "SSL CA",
    };

    /// <summary>
    /// Reads a URL or a connection string that names a Server; null when the text is of another kind.
    /// </summary>
    /// <exception cref="FormatException">It is of this kind and cannot be read.</exception>
    public static MySqlUrl? TryRead(string url)
    {
        var text = url.Trim();
        try
        {
            if (Schemes.Any(scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)))
            {
                return Read(text);
            }

            return IsConnectionString(text)
                ? new MySqlUrl(
                    new MySqlConnectionStringBuilder(text).ConnectionString, new MySqlStoreOptions())
                : null;
        }
        catch (Exception e) when (e is ArgumentException or UriFormatException or FormatException)
        {
            // The exception may quote what the text says, and that may be a password.
            throw new FormatException($"The MySQL URL cannot be read: {Reason(e)}.", e);
        }
    }

    private static string Reason(Exception exception) => exception is UriFormatException
        ? "it should look like mysql://user@host:3306/database"
        : "an option in it is unknown or has a value that it cannot have";

    private static bool IsConnectionString(string text) =>
        text.Split(';').Any(static pair =>
            pair.Split('=', 2) is [var name, _]
            && ServerKeywords.Contains(name.Trim(), StringComparer.OrdinalIgnoreCase));

    private static MySqlUrl Read(string text)
    {
        var uri = new Uri(text);
        var builder = new MySqlConnectionStringBuilder { Server = Uri.UnescapeDataString(uri.Host) };
        if (uri.Port > 0)
        {
            builder.Port = (uint)uri.Port;
        }

        if (uri.AbsolutePath.Trim('/') is { Length: > 0 } database)
        {
            builder.Database = Uri.UnescapeDataString(database);
        }

        if (uri.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var password])
        {
            builder.UserID = Uri.UnescapeDataString(user);
            builder.Password = password is [var secret] ? Uri.UnescapeDataString(secret) : "";
        }

        var options = new MySqlStoreOptions();
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Uri.UnescapeDataString(pair.Split('=')[0]);
            var value = pair.Split('=', 2) is [_, var given] ? Uri.UnescapeDataString(given) : "";
            if (name.Equals("prefix", StringComparison.OrdinalIgnoreCase))
            {
                options = options with { TablePrefix = value };
            }
            else if (name.Equals("join", StringComparison.OrdinalIgnoreCase))
            {
                options = options with { JoinStatements = IsTrue(value) };
            }
            else
            {
                builder[Keywords.GetValueOrDefault(name, name)] = value;
            }
        }

        return new MySqlUrl(builder.ConnectionString, options);
    }

    private static bool IsTrue(string value) => bool.TryParse(value, out var parsed)
        ? parsed
        : throw new ArgumentException("An option of the URL must be true or false.");
}
