using System.Text;

namespace Hydra.PostgreSql;

/// <summary>How the PostgreSQL store uses its database.</summary>
public sealed record PostgreSqlStoreOptions
{
    private const int LongestSchema = 49; // The names of roles begin with it, and may have 63.

    /// <summary>
    /// The schema that holds the tables, which nothing else should live in; migrating creates it. It may have any name,
    /// as it stands, also in upper case and with blanks or quotes, of up to 49 bytes in UTF-8 and without control
    /// characters; "pg_" at its beginning is PostgreSQL's own. The default is "hydra".
    /// </summary>
    public string Schema { get; init; } = "hydra";

    /// <summary>
    /// Whether statements are prepared on the server once per connection. Turn it off behind a pooler in transaction
    /// mode that cannot follow them, such as pgbouncer before 1.21. It has no effect on a data source of your own,
    /// which has been told before. The default is true.
    /// </summary>
    public bool PrepareStatements { get; init; } = true;

    /// <summary>
    /// Whether processes tell each other at once, by NOTIFY, that something is due, which takes a connection of its own
    /// for each that listens. It cannot work through a pooler in transaction mode. Without it work is found when the
    /// poll interval has passed. The default is true.
    /// </summary>
    public bool Listen { get; init; } = true;

    /// <summary>
    /// Whether claims pass over rows that others hold at that moment (SKIP LOCKED) instead of waiting for them, which
    /// PostgreSQL can. Turn it off for a database that speaks its protocol and cannot. The default is true.
    /// </summary>
    public bool SkipLockedRows { get; init; } = true;

    /// <summary>
    /// How long a call waits for rows that another transaction has locked, before it is undone and may be repeated. It
    /// must be at most half the claim timeout of a worker, since a heartbeat waits as well; opening a worker checks
    /// that. The default is 2 seconds.
    /// </summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the server may take for one statement, before it is undone and may be repeated; the client waits a
    /// little longer for an answer. The default is 10 seconds.
    /// </summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    internal void Validate()
    {
        if (!IsName(Schema))
        {
            throw new ArgumentException(
                $"{nameof(Schema)} '{Schema}' must be a name of 1 to {LongestSchema} bytes in UTF-8, without control "
                + "characters, and must not begin with pg_.");
        }

        if (LockTimeout < TimeSpan.FromMilliseconds(10) || LockTimeout > CommandTimeout)
        {
            throw new ArgumentException(
                $"{nameof(LockTimeout)} ({LockTimeout}) must be between 10 milliseconds and {nameof(CommandTimeout)} "
                + $"({CommandTimeout}).");
        }

        if (CommandTimeout < TimeSpan.FromSeconds(1) || CommandTimeout > TimeSpan.FromHours(1))
        {
            throw new ArgumentException(
                $"{nameof(CommandTimeout)} ({CommandTimeout}) must be between a second and an hour.");
        }
    }

    private static bool IsName(string? schema) =>
        schema?.Length > 0
        && Encoding.UTF8.GetByteCount(schema) <= LongestSchema
        && !schema.StartsWith("pg_", StringComparison.Ordinal)
        && !schema.EnumerateRunes().Any(static rune => Rune.IsControl(rune) || rune == Rune.ReplacementChar);
}
