namespace Hydra.Relational.Migrations;

/// <summary>One connection to a database that is to be migrated, as the runner needs it.</summary>
internal interface IMigrationTarget : IAsyncDisposable
{
    /// <summary>Where the schema is, for messages: "schema 'hydra' of database 'orders'".</summary>
    string Place { get; }

    /// <returns>The version of the schema and the oldest library it admits; zeros when there is no schema.</returns>
    Task<SchemaVersion> ReadVersionAsync(CancellationToken cancellationToken);

    /// <summary>Begins a transaction and waits until no other process migrates.</summary>
    Task BeginAsync(CancellationToken cancellationToken);

    /// <summary>Runs a script and takes down the version that it brings.</summary>
    Task ApplyAsync(string script, SchemaVersion version, CancellationToken cancellationToken);

    Task CommitAsync(CancellationToken cancellationToken);
}
