namespace Hydra.Stores.Tests;

public sealed class InMemoryReplayTests : ReplayTests
{
    private readonly InMemoryDatabase _database = new(TimeProvider.System);

    protected override void Use(HydraBuilder hydra) => hydra.UseInMemory(_database);

    protected override Task DropAsync() => Task.CompletedTask;
}
