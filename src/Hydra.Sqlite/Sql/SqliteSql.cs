namespace Hydra.Sqlite;

/// <summary>Every statement of the store, by topic, each readable in one piece.</summary>
/// <remarks>
/// ?1 is always the namespace. Where a statement is about one execution, ?2 is its shard and ?3 its id.
/// State 6 is the first terminal one; owner 0 is nobody.
/// </remarks>
internal static partial class SqliteSql
{
    [StringSyntax("sql")]
    public const string WriterSettings = """
        PRAGMA foreign_keys = OFF;
        PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -65536;
        PRAGMA wal_autocheckpoint = 4000;
        PRAGMA journal_size_limit = 67108864;
        """;

    [StringSyntax("sql")]
    public const string ReaderSettings = """
        PRAGMA query_only = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -8192;
        """;
}
