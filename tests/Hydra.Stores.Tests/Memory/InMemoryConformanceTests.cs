namespace Hydra.Stores.Tests;

public sealed class InMemoryConformanceTests : ConformanceTests<InMemoryHarness>;
