namespace Hydra.Relational.Migrations;

/// <summary>What is said of tables that have our names and are not ours.</summary>
internal static class ForeignTables
{
    /// <param name="place">Where they are: "schema 'hydra' of database 'orders'".</param>
    /// <param name="names">Their names, with commas between.</param>
    public static StoreException Found(string place, string names) => new(
        StoreErrorKind.Unavailable,
        $"There are tables or views of another program in {place} under names that Hydra needs for its own: {names}. "
        + "Nothing was changed. Choose another place for Hydra's, or rename them.");
}
