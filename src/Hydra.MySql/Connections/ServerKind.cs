using System.Globalization;

namespace Hydra.MySql.Connections;

/// <summary>Which of the two databases a server is, and of which version.</summary>
internal readonly record struct ServerKind(bool IsMariaDb, Version Version)
{
    private static readonly string[] LookAlikes = ["TiDB", "Vitess", "OceanBase", "SingleStore", "MemSQL", "Doris"];
    private static readonly Version OldestMySql = new(8, 0, 11); // The first of 8.0 that was released.
    private static readonly Version OldestMariaDb = new(10, 6); // The first with SKIP LOCKED and JSON_TABLE.

    /// <summary>Reads what a server says of itself, such as "8.0.36" or "5.5.5-10.11.6-MariaDB-log".</summary>
    /// <exception cref="StoreException">It is neither of the two, or too old for this library.</exception>
    public static ServerKind Read(string said)
    {
        if (LookAlikes.FirstOrDefault(name => said.Contains(name, StringComparison.OrdinalIgnoreCase)) is { } other)
        {
            throw new StoreException(
                StoreErrorKind.Unavailable,
                $"The server is {other} ({said}), which speaks MySQL's protocol and is not MySQL: it lacks locks and "
                + "statements that Hydra builds upon. Connect to MySQL or MariaDB.");
        }

        var isMariaDb = SaysMariaDb(said);
        var text = isMariaDb && said.StartsWith("5.5.5-", StringComparison.Ordinal) ? said[6..] : said;
        var kind = new ServerKind(isMariaDb, ReadVersion(text));
        return kind.Version >= (isMariaDb ? OldestMariaDb : OldestMySql)
            ? kind
            : throw new StoreException(
                StoreErrorKind.Unavailable,
                $"The server is of version {said}. Hydra needs MySQL {OldestMySql} or later, or MariaDB "
                + $"{OldestMariaDb} or later. Update it, or connect to another one.");
    }

    public static bool SaysMariaDb(string said) => said.Contains("mariadb", StringComparison.OrdinalIgnoreCase);

    private static Version ReadVersion(string text)
    {
        Span<int> numbers = stackalloc int[3];
        var rest = text.AsSpan();
        for (var i = 0; i < numbers.Length; i++)
        {
            var length = rest.IndexOfAnyExceptInRange('0', '9');
            length = length < 0 ? rest.Length : length;
            _ = int.TryParse(rest[..length], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]);
            if (length == rest.Length || rest[length] != '.')
            {
                break;
            }

            rest = rest[(length + 1)..];
        }

        return new Version(numbers[0], numbers[1], numbers[2]);
    }
}
