namespace Hydra.EntityFrameworkCore.Mapping;

/// <summary>A table into which a start puts a row. What it does not fill the database has a default for.</summary>
/// <param name="Entity">The name of its entity type in a model.</param>
/// <param name="Name">Its name, without what the names of all begin with.</param>
/// <param name="Key">The columns of its primary key.</param>
/// <param name="Columns">What a start fills.</param>
internal sealed record StartTable(string Entity, string Name, string[] Key, StartColumn[] Columns)
{
    public const string Executions = "Hydra.Executions";
    public const string Journal = "Hydra.Journal";
    public const string StartKeys = "Hydra.StartKeys";

    /// <summary>The column that the database numbers the rows in; null where there is none.</summary>
    public string? Number { get; init; }

    /// <summary>The column that refers to that number of the execution; null where rows refer to its id.</summary>
    public string? NumberOfExecution { get; init; }

    /// <summary>Whether only a start with a key has a row here.</summary>
    public bool IsForKeys { get; init; }
}
