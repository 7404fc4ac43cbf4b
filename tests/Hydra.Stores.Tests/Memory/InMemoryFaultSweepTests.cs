namespace Hydra.Stores.Tests;

public sealed class InMemoryFaultSweepTests : FaultSweepTests<InMemoryHarness>;
