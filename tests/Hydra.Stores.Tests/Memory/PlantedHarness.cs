using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>A harness for in-memory stores with a fault.</summary>
internal sealed class PlantedHarness : StoreHarness
{
    private readonly Planted _fault;
    private readonly InMemoryDatabase _database;

    public PlantedHarness(Planted fault) => (_fault, _database) = (fault, new InMemoryDatabase(Clock));

    public override bool HasSchema => false;

    public override bool WritesSideBySide => false;

    public override StoreHarness CreateAnother() => new PlantedHarness(_fault);

    protected override Task<IWorkflowStore> CreateStoreAsync(string @namespace) =>
        Task.FromResult<IWorkflowStore>(new PlantedStore(new InMemoryWorkflowStore(_database, @namespace), _fault));
}
