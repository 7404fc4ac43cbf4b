using Hydra.Storage;

namespace Hydra.Stores.Tests;

public sealed class AcmeHarness : StoreHarness
{
    private readonly string _database = $"tests-{Guid.NewGuid():N}"; // One for each harness.

    // What the database cannot do is declared here, by overriding; the suite goes by it.
    public override bool HasSchema => false;

    public override StoreHarness CreateAnother() => new AcmeHarness();

    // Every store takes its time from Clock, which the suite turns.
    protected override Task<IWorkflowStore> CreateStoreAsync(string @namespace) =>
        Task.FromResult<IWorkflowStore>(new AcmeWorkflowStore(_database, @namespace, Clock));

    protected override Task DropAsync() => AcmeServer.DropAsync(_database);
}
