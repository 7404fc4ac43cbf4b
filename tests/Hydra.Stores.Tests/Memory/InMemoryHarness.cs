using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>Stores that share one database in memory.</summary>
public sealed class InMemoryHarness : StoreHarness
{
    private readonly InMemoryDatabase _database;

    public InMemoryHarness() => _database = new InMemoryDatabase(Clock);

    public override bool HasSchema => false;

    public override bool WritesSideBySide => false;

    public override string CommandFor(string caseName) => CaseRows.CommandFor<InMemoryConformanceTests>(caseName);

    public override StoreHarness CreateAnother() => new InMemoryHarness();

    protected override Task<IWorkflowStore> CreateStoreAsync(string @namespace) =>
        Task.FromResult<IWorkflowStore>(new InMemoryWorkflowStore(_database, @namespace));
}
