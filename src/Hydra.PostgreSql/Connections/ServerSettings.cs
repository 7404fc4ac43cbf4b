namespace Hydra.PostgreSql.Connections;

/// <summary>What must hold of a server and its database for the store to work on it, looked at when it opens.</summary>
internal static class ServerSettings
{
    private const int Oldest = 12;

    /// <param name="version">As in server_version_num.</param>
    /// <param name="encoding">Of the database, not of the client.</param>
    /// <param name="isReadOnly">
    /// Of several hosts the driver finds the primary; a single one may be the endpoint of readers.
    /// </param>
    /// <exception cref="StoreException">It cannot serve; the message says what to do.</exception>
    public static void Check(int version, string encoding, bool isReadOnly)
    {
        if (version < Oldest * 10_000)
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                $"The server is of version {Describe(version)}, and Hydra needs PostgreSQL {Oldest} or later.");
        }

        // SQL_ASCII would count bytes for characters, others do not know them all.
        if (!encoding.Equals("UTF8", StringComparison.OrdinalIgnoreCase))
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                $"The database is encoded in {encoding}, which cannot hold all text. Use one that was created with "
                + "ENCODING 'UTF8'.");
        }

        if (isReadOnly)
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                "The server takes no writes: it is a replica (pg_is_in_recovery), or transactions are read only by "
                + "default. Connect to the primary.");
        }
    }

    /// <summary>Since version 10 the last four digits are the minor version, before that two of two digits.</summary>
    private static string Describe(int version) => version >= 100_000
        ? $"{version / 10_000}.{version % 10_000}"
        : $"{version / 10_000}.{version / 100 % 100}.{version % 100}";
}
