namespace Hydra.Sqlite;

/// <summary>Where the SQLite store keeps its data, and how safely.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>
    /// The database file, relative to the current directory or absolute. It must be on a local file system: SQLite's
    /// locks do not hold on network shares. Its directory must exist. It is kept in write-ahead mode, with two more
    /// files beside it (-wal and -shm) that belong to it; other tables in it are left alone.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>What a commit survives. The default is everything, power cuts included.</summary>
    public SqliteDurability Durability { get; init; } = SqliteDurability.Full;

    /// <summary>
    /// How long a call waits while another process holds the write lock, before it fails and may be repeated. It must
    /// be at most half the claim timeout of a worker, since a heartbeat waits as well; opening a worker checks that.
    /// The default is 5 seconds.
    /// </summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Path))
        {
            throw new ArgumentException($"{nameof(Path)} is empty: name the database file, such as \"hydra.db\".");
        }

        if (Path.Contains(":memory:", StringComparison.Ordinal) || Path.StartsWith("file:", StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"{nameof(Path)} '{Path}' is not the path of a file. For data in memory use the in-memory store.");
        }

        if (FileOfConnectionString() is { } file)
        {
            throw new ArgumentException(
                $"{nameof(Path)} is a connection string or a URL, not the path of a file. Name the file alone: "
                + $"UseSqlite(\"{file}\"). {nameof(SqliteStoreOptions)} has what else can be set.");
        }

        if (!Enum.IsDefined(Durability))
        {
            throw new ArgumentException($"{nameof(Durability)} {Durability} is not one of its named values.");
        }

        if (BusyTimeout < TimeSpan.Zero || BusyTimeout > TimeSpan.FromHours(1))
        {
            throw new ArgumentException(
                $"{nameof(BusyTimeout)} ({BusyTimeout}) must be between zero and an hour.");
        }
    }

    /// <summary>The file that is meant by what is no path; null when it is one.</summary>
    private string? FileOfConnectionString()
    {
        if (Path.StartsWith("sqlite:", StringComparison.OrdinalIgnoreCase))
        {
            return Path["sqlite:".Length..];
        }

        foreach (var part in Path.Split(';'))
        {
            if (part.Split('=', 2, StringSplitOptions.TrimEntries) is [var keyword, var value]
                && keyword.ToUpperInvariant() is "DATA SOURCE" or "DATASOURCE" or "FILENAME")
            {
                return value;
            }
        }

        return null;
    }
}
