namespace Hydra.Sqlite;

/// <summary>Every statement of the store, by topic, each readable in one piece.</summary>
/// <remarks>
/// ?1 is always the namespace. An execution is named by its id ?2, or by its number ?2, which only a
/// statement with the namespace can have told; so what is inserted under a number needs no ?1.
/// State 6 is the first terminal one; owner 0 is nobody.
/// </remarks>
internal static partial class SqliteSql
{
    /// <summary>
    /// Has no effect on a file that holds something already. Pages of 8 KiB cost a fifth less than those of 4.
    /// </summary>
    [StringSyntax("sql")]
    public const string NewFileSettings = "PRAGMA page_size = 8192";

    [StringSyntax("sql")]
    public const string WriterSettings = """
        PRAGMA foreign_keys = OFF;
        PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -16384;
        PRAGMA wal_autocheckpoint = 8000;
        PRAGMA journal_size_limit = 67108864;
        """;

    [StringSyntax("sql")]
    public const string ReaderSettings = """
        PRAGMA query_only = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -8192;
        """;
}
